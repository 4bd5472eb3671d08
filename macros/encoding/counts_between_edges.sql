{#- The counts of a feature's bins, empty ones included. A row finds its bin by counting the edges at or below it, which all stand in one row of
    the CTE `<feature>_edges`: no join on ranges. Bin -1 is that of missing values. -#}

{%- macro counts_between_edges(relation, feature, n_bins, target, by) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    select
        {%- for column in by %}
        edges.{{ column }},
        {%- endfor %}
        {{ millwright.literal(feature) }} as feature,
        cast(null as {{ dbt.type_string() }}) as category,
        bins.lower_bound,
        bins.upper_bound,
        coalesce(counted.n, 0) as n,
        {{ 'coalesce(counted.n_positive, 0)' if target is not none else 'counted.n_positive' }} as n_positive,
        {{ 'coalesce(counted.n_negative, 0)' if target is not none else 'counted.n_negative' }} as n_negative,
        {{ 'coalesce(counted.target_sum, 0)' if target is not none else 'counted.target_sum' }} as target_sum
    from {{ feature }}_edges as edges
    cross join lateral (
        values
        (-1, cast(null as {{ float8 }}), cast(null as {{ float8 }})),
        (0, cast('-Infinity' as {{ float8 }}), coalesce(edges.edge_1, cast('Infinity' as {{ float8 }}))),
        {%- for number in range(1, n_bins) %}
        {%- set upper_bound = "cast('Infinity' as " ~ float8 ~ ')' -%}
        {%- if not loop.last %}{%- set upper_bound = 'coalesce(edges.edge_' ~ (number + 1) ~ ', ' ~ upper_bound ~ ')' -%}{%- endif %}
        ({{ number }}, edges.edge_{{ number }}, {{ upper_bound }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as bins (bin_number, lower_bound, upper_bound)
    left join (
        select
            {%- for column in by %}
            placed.{{ column }},
            {%- endfor %}
            placed.bin_number,
            {{ millwright.target_counts('placed.target' if target is not none else none) | indent(8) }}
        from (
            select
                {%- for column in by %}
                observed.{{ column }},
                {%- endfor %}
                observed.target,
                case
                    when observed.value is null then -1
                    else
                        0
                        {%- for number in range(1, n_bins) %}
                        + case when observed.value >= edges.edge_{{ number }} then 1 else 0 end
                        {%- endfor %}
                end as bin_number
            from (
                select
                    {%- for column in by %}
                    {{ column }},
                    {%- endfor %}
                    {{ target if target is not none else 'null' }} as target,
                    nullif(cast({{ feature }} as {{ float8 }}), cast('NaN' as {{ float8 }})) as value
                from {{ relation }}
            ) as observed
            inner join {{ feature }}_edges as edges
                on {% for column in by %}{{ ' and ' if not loop.first }}observed.{{ column }} = edges.{{ column }}{% else %}true{% endfor %}
        ) as placed
        group by {{ (by + ['bin_number']) | join(', ') }}
    ) as counted
        on
            bins.bin_number = counted.bin_number
            {%- for column in by %}
            and edges.{{ column }} = counted.{{ column }}
            {%- endfor %}
    where
        bins.bin_number <= 0
        or bins.lower_bound is not null
{%- endmacro -%}
