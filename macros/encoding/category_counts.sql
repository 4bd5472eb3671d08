{#- How many rows each category of each feature has, and what is their target: what `fit_encodings` and `fit_ordinal` fit from. Each feature is
    grouped by itself, which reads no more than its column where storage is by column, and runs in parallel. -#}

{%- macro category_counts(relation, features, target=none, by=[]) -%}
    {%- do millwright.check_features('category_counts', relation, features) -%}
    {%- for feature in features %}
    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        {{ millwright.literal(feature) }} as feature,
        cast({{ feature }} as {{ dbt.type_string() }}) as category,
        cast(null as {{ millwright.sql_type('float8') }}) as lower_bound,
        cast(null as {{ millwright.sql_type('float8') }}) as upper_bound,
        {{ millwright.target_counts(target) | indent(4) }}
    from {{ relation }}
    group by {{ (by + [feature]) | join(', ') }}
    {%- if target is not none %}
    having
        {{ millwright.require(
            'count(' ~ target ~ ') = count(*)',
            "'category_counts: target is NULL in ' || (count(*) - count(" ~ target ~ ")) || ' rows; leave them out of the relation'"
        ) | indent(8) }}
    {%- endif %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro -%}
