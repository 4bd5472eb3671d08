{#- Numbers with the bin of their feature's reference that they lie in, as a query with their columns and bin_number (see `bin_number`). `bins` names
    a CTE with bin_number, lower_bound and upper_bound; `n_edges` is the most that a feature has. -#}

{%- macro placed_in_bins(values, bins, by, n_edges) -%}
    select
        placed.*,
        {{ millwright.bin_number('placed.number_value', 'edges', n_edges) | indent(8) }} as bin_number
    from {{ values }} as placed
    inner join (
        {{ millwright.edges_side_by_side(bins, by, n_edges) | indent(8) }}
    ) as edges
        on
            {%- for column in by %}
            {{ 'and ' if not loop.first }}placed.{{ column }} = edges.{{ column }}
            {%- endfor %}
{%- endmacro -%}
