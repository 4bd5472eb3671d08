{#- Procedure: says how an error of a prediction stands: `investigating`, `resolved`, or `open` again.

    dbt run-operation resolve_prediction_error --args '{error_id: 3f0c…, status: resolved, actor: ann, note: the model server had no memory left}' -#}

{%- macro resolve_prediction_error(error_id, status, actor, note=none) -%}
    {%- set procedure = 'resolve_prediction_error' -%}
    {%- set problems = [] -%}
    {%- set called = {'error_id': error_id, 'status': status, 'actor': actor, 'note': note} -%}
    {%- set fields = millwright.checked_fields('the call', called, 'prediction_error_events', called | list, problems) -%}
    {%- if not (fields['actor'] or '') | trim -%}
        {%- do problems.append('actor is empty; say who you are') -%}
    {%- endif -%}
    {%- if fields['status'] not in ['open', 'investigating', 'resolved'] -%}
        {%- do problems.append('status is none of open, investigating, resolved') -%}
    {%- endif -%}
    {%- set events = millwright.landing_table('prediction_error_events') -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(events) -%}
        {%- do run_query(millwright.lock_table(events)) -%}
    {%- endif -%}
    {%- set n_errors = run_query(
        'select count(*) from ' ~ millwright.landing_table('prediction_errors') ~ ' where error_id = ' ~ millwright.literal(fields['error_id'])
    ).columns[0].values()[0] -%}
    {%- if not n_errors -%}
        {%- do problems.append('there is no error "' ~ fields['error_id'] ~ '" in ops.prediction_errors; mon_prediction_errors lists them') -%}
    {%- endif -%}
    {%- set told = run_query(
        'select status, actor, event_at from ' ~ events ~ ' where error_id = ' ~ millwright.literal(fields['error_id'])
        ~ ' order by event_at desc, known_at desc'
    ).rows -%}
    {%- set standing = told[0]['status'] if told else 'open' -%}
    {%- if n_errors and standing == 'open' and fields['status'] == 'open' -%}
        {%- do problems.append('the error is open already') -%}
    {%- elif standing == 'resolved' and fields['status'] != 'open' -%}
        {%- do problems.append(
            'the error is resolved already, by ' ~ told[0]['actor'] ~ ' at ' ~ told[0]['event_at'] ~ '; the status open opens it again'
        ) -%}
    {%- endif -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': ' ~ problems | join('; ')) -%}
    {%- endif -%}
    {%- set now = millwright.wall_clock_text() -%}
    {%- do run_query(millwright.insert_into_landing('prediction_error_events', dict(fields, event_at=now, known_at=now))) -%}
    {%- do run_query('commit') -%}
    {%- do log(procedure ~ ': the error ' ~ fields['error_id'] ~ ' is ' ~ fields['status'], info=true) -%}
{%- endmacro -%}
