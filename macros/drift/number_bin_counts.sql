{#- How many rows of a relation lie in each bin of each of its columns of numbers, as a query: the columns of `by`, feature, bin_number, n, and total,
    what the numbers in the bin add up to. Each column is counted by itself, with its edges beside it in every row: no row per row and feature, which
    takes five times as long, and no more than its column is read where storage is by column. -#}

{%- macro number_bin_counts(relation, bins, features, n_bins, by=[]) -%}
    {%- do millwright.check_features('number_bin_counts', relation, features) -%}
    with

    edges as (

        {{ millwright.edges_side_by_side(bins, ['feature'], n_bins) | indent(8) }}

    )
    {%- for feature in features %}

    select
        {%- for column in by %}
        {{ column }},
        {%- endfor %}
        {{ millwright.literal(feature) }} as feature,
        bin_number,
        cast(count(*) as bigint) as n,
        sum(number_value) as total
    from (
        select
            {%- for column in by %}
            observed.{{ column }},
            {%- endfor %}
            observed.number_value,
            {{ millwright.bin_number('observed.number_value', 'edges', n_bins) | indent(12) }} as bin_number
        from (
            select
                {%- for column in by %}
                {{ column }},
                {%- endfor %}
                {{ millwright.measurable(feature) }} as number_value
            from {{ relation }}
        ) as observed
        cross join (
            select * from edges
            where feature = {{ millwright.literal(feature) }}
        ) as edges
        {{ millwright.fence() }}
    ) as placed
    group by {{ (by + ['bin_number']) | join(', ') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro -%}
