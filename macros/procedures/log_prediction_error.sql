{#- Procedure: logs that a prediction could not be made.

    dbt run-operation log_prediction_error --args '{error_type: timeout, message: no answer within 2 s, model_name: churn,
        context: {model_version: "2.3.0", request_id: r-1, stage: inference}}'

    Prints, and returns to a caller, one row: error_id, status (`logged`, or `held` if an error of this id was logged before). -#}

{%- macro log_prediction_error(error_type, message, model_name=none, context=none) -%}
    {%- set procedure = 'log_prediction_error' -%}
    {%- set problems = [] -%}
    {%- set now = millwright.wall_clock_text() -%}
    {%- set errors = millwright.landing_table('prediction_errors') -%}
    {%- set called = {'error_type': error_type, 'message': message, 'model_name': model_name} -%}
    {%- set of_context = millwright.landing_source('prediction_errors').columns.keys() | reject('in', called | list + ['run_id']) | list -%}
    {%- set fields = millwright.checked_fields('the call', called, 'prediction_errors', called | list, problems) -%}
    {%- do fields.update(millwright.checked_fields('context', context, 'prediction_errors', of_context, problems)) -%}
    {%- set known_at = fields.get('known_at') or now -%}
    {%- do fields.update({
        'known_at': known_at,
        'event_at': fields.get('event_at') or known_at,
        'error_id': fields.get('error_id') or local_md5(invocation_id ~ procedure ~ now),
    }) -%}
    {%- set rejection = run_query(
        'select ' ~ millwright.prediction_error_problems() ~ ' as reason from ('
        ~ millwright.row_of_landing('prediction_errors', fields) ~ ') as given'
    ).columns[0].values()[0] -%}
    {%- if rejection -%}
        {%- do problems.append(rejection) -%}
    {%- endif -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': nothing was logged: ' ~ problems | unique | join('; ')) -%}
    {%- endif -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(errors) -%}
        {%- do run_query(millwright.lock_table(errors)) -%}
    {%- endif -%}
    {%- set n_held = run_query(
        'select count(*) from ' ~ errors ~ ' where error_id = ' ~ millwright.literal(fields['error_id'])
    ).columns[0].values()[0] -%}
    {%- if not n_held -%}
        {%- do run_query(millwright.insert_into_landing('prediction_errors', fields)) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {{ return(millwright.printed(run_query(
        'select ' ~ millwright.literal(fields['error_id']) ~ ' as error_id, ' ~ millwright.literal('held' if n_held else 'logged') ~ ' as status'
    ))) }}
{%- endmacro -%}
