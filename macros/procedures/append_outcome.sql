{#- Appends an outcome that was found good, unless the newest of its prediction says the same in the columns `given`; names it in `fields`. Returns
    `logged`, `corrected` or `held`. -#}

{%- macro append_outcome(fields, given) -%}
    {%- set outcomes = millwright.landing_table('outcomes') -%}
    {%- set is_same = [] -%}
    {%- for name in given -%}
        {%- do is_same.append('(held.' ~ name ~ ' is not distinct from given.' ~ name ~ ')') -%}
    {%- endfor -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(outcomes) -%}
        {%- do run_query(millwright.lock_table(outcomes)) -%}
    {%- endif -%}
    {%- set held = run_query(
        'select held.outcome_id, ' ~ is_same | join(' and ') ~ ' as is_same from ' ~ outcomes ~ ' as held cross join ('
        ~ millwright.row_of_landing('outcomes', fields) ~ ') as given where held.model_name = given.model_name'
        ~ ' and held.prediction_id = given.prediction_id order by held.known_at desc, held.event_at desc, ' ~ millwright.bytewise('held.outcome_id')
    ).rows -%}
    {%- set status = 'logged' if not held else 'held' if held[0]['is_same'] else 'corrected' -%}
    {%- if status == 'held' -%}
        {%- do fields.update({'outcome_id': held[0]['outcome_id']}) -%}
    {%- else -%}
        {%- do fields.update({
            'outcome_id': local_md5(local_md5(fields['model_name']) ~ local_md5(fields['prediction_id']) ~ held | length ~ fields['known_at'])
        }) -%}
        {%- do run_query(millwright.insert_into_landing('outcomes', fields)) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {{ return(status) }}
{%- endmacro -%}
