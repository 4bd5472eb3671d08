{#- Numbers with the bin of their feature's reference that they lie in, as a query with their columns and bin_number: 0 without a number, 1 below
    the reference, then half-open bins, of which the last holds the largest number of the reference, and one above it. The edges of a feature
    stand in one row side by side, so that no join is on ranges. `bins` names a CTE with bin_number, lower_bound and upper_bound; `n_edges` is the
    most that a feature has. -#}

{%- macro placed_in_bins(values, bins, by, n_edges) -%}
    {%- set infinity = "cast('Infinity' as " ~ millwright.sql_type('float8') ~ ')' -%}
    select
        placed.*,
        case
            when placed.number_value is null then 0
            else
                1
                {%- for number in range(2, n_edges + 2) %}
                + case when placed.number_value >= edges.edge_{{ number }} then 1 else 0 end
                {%- endfor %}
                + case when placed.number_value > edges.max_value then 1 else 0 end
        end as bin_number
    from {{ values }} as placed
    inner join (
        select
            {{ by | join(',\n            ') }},
            {%- for number in range(2, n_edges + 2) %}
            max(case when bin_number = {{ number }} and upper_bound < {{ infinity }} then lower_bound end) as edge_{{ number }},
            {%- endfor %}
            max(case when bin_number > 1 and upper_bound = {{ infinity }} then lower_bound end) as max_value
        from {{ bins }}
        group by {{ by | join(', ') }}
    ) as edges
        on
            {%- for column in by %}
            {{ 'and ' if not loop.first }}placed.{{ column }} = edges.{{ column }}
            {%- endfor %}
{%- endmacro -%}
