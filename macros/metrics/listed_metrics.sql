{#- What looks at all rows of a group at once, listed, as a query: a row per group and metric. `summed` names a CTE with a row per group, its
    numbers of rows, and what `metrics`, a list of (name, numerator, denominator), are expressions over. -#}

{%- macro listed_metrics(summed, groups, metrics) -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        'all' as average,
        cast(null as {{ dbt.type_string() }}) as class_name,
        long.metric,
        {{ millwright.safe_divide('long.numerator', 'long.denominator') }} as value,
        long.numerator,
        long.denominator,
        n,
        n_unlabelled,
        n_unpredicted
    from {{ summed }}
    cross join lateral (
        values
        {%- for metric, numerator, denominator in metrics %}
        ('{{ metric }}', {{ numerator }}, {{ denominator }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as long (metric, numerator, denominator)
{%- endmacro -%}
