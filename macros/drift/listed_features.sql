{#- The names of columns as a query: a row for each with feature. -#}

{%- macro listed_features(features) -%}
    {%- for feature in features %}
    select {{ millwright.literal(feature) }} as feature
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro -%}
