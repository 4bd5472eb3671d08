{#- The edges between bins, side by side in one row per fit: edge_1 to edge_<n_bins - 1>, NULL where there are fewer bins. `fits` is a CTE of
    `bin_counts`, so that a fit without any value has its row, too. -#}

{%- macro inner_edges(edges, n_bins, by) -%}
    select
        {%- for column in by %}
        fits.{{ column }},
        {%- endfor %}
        {%- for number in range(1, n_bins) %}
        max(case when edges.edge_number = {{ number }} then edges.edge end) as edge_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from fits
    left join (
        select
            numbered.*,
            max(edge_number) over ({{ 'partition by ' ~ by | join(', ') if by }}) as last_edge_number
        from (
            {{ edges | indent(8) }}
        ) as numbered
    ) as edges
        on
            edges.edge_number < edges.last_edge_number
            {%- for column in by %}
            and fits.{{ column }} = edges.{{ column }}
            {%- endfor %}
    {%- if by %}
    group by {{ 'fits.' ~ by | join(', fits.') }}
    {%- endif %}
    having count(*) > 0
{%- endmacro -%}
