{#- Appends a prediction that was found good, unless one of its model and id is there: returns none if it was appended, `held` if the one that is
    there says the same in the columns `given`, else `other`. -#}

{%- macro append_prediction(fields, given) -%}
    {%- set predictions = millwright.landing_table('predictions') -%}
    {%- set is_same = [] -%}
    {%- for name in given if name not in ['known_at', 'prediction_id', 'model_name'] -%}
        {%- set value = 'held.' ~ name -%}
        {%- set given_value = 'given.' ~ name -%}
        {%- if name == 'input_features' -%}
            {%- set value = millwright.comparable_json(value) -%}
            {%- set given_value = millwright.comparable_json(given_value) -%}
        {%- endif -%}
        {%- do is_same.append('(' ~ value ~ ' is not distinct from ' ~ given_value ~ ')') -%}
    {%- endfor -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(predictions) -%}
        {%- do run_query(millwright.lock_table(predictions)) -%}
    {%- endif -%}
    {%- set held = run_query(
        'select ' ~ is_same | join(' and ') ~ ' as is_same from ' ~ predictions ~ ' as held cross join ('
        ~ millwright.row_of_landing('predictions', fields) ~ ') as given where held.model_name = given.model_name'
        ~ ' and held.prediction_id = given.prediction_id'
    ).columns[0].values() -%}
    {%- if not held -%}
        {%- do run_query(millwright.insert_into_landing('predictions', fields)) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {{ return(none if not held else 'held' if true in held else 'other') }}
{%- endmacro -%}
