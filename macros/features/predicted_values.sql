{#- What versions said, in the form of `watched_values`, as a query: a row per prediction and column that holds one, with the feature group
    `(prediction)`. -#}

{%- macro predicted_values(predictions, carried) -%}
    {%- set text = dbt.type_string() -%}
    select
        {%- for column in carried %}
        predictions.{{ column }},
        {%- endfor %}
        '(prediction)' as feature_group,
        long.feature,
        long.kind,
        long.number_value,
        long.text_value
    from {{ predictions }} as predictions
    cross join lateral (
        values
        ('score', 'number', predictions.score, cast(null as {{ text }})),
        ('predicted_value', 'number', predictions.predicted_value, cast(null as {{ text }})),
        ('predicted_class', 'category', cast(null as {{ millwright.sql_type('float8') }}), predictions.predicted_class)
    ) as long (feature, kind, number_value, text_value)
{%- endmacro -%}
