{#- How many rows of a relation are in each bin of its columns of categories, as a query in the form of `number_bin_counts`: bin 0 is that of missing
    values, -1 that of categories which the reference does not have. -#}

{%- macro category_bin_counts(relation, bins, features, by=[]) -%}
    select
        {%- for column in by %}
        counted.{{ column }},
        {%- endfor %}
        counted.feature,
        case when counted.category is null then 0 else coalesce(known.bin_number, -1) end as bin_number,
        cast(sum(counted.n) as bigint) as n,
        cast(null as {{ millwright.sql_type('float8') }}) as total
    from (
        {{ millwright.category_counts(relation, features, by=by) | indent(8) }}
    ) as counted
    left join {{ bins }} as known
        on
            counted.feature = known.feature
            and counted.category = known.category
    group by
        {%- for column in by %}
        counted.{{ column }},
        {%- endfor %}
        counted.feature,
        case when counted.category is null then 0 else coalesce(known.bin_number, -1) end
{%- endmacro -%}
