{#- A query with one row per edge of the bins that divide a column's values: `equal_width` between minimum and maximum, or `quantile`, equally many
    rows in each. Edges that coincide are one, so there may be fewer bins than asked for. With `by` for each group of rows apart. -#}

{%- macro bin_edges(relation, column, n_bins, method, by=[]) -%}
    {%- if n_bins is not integer or n_bins < 1 -%}
        {%- do exceptions.raise_compiler_error('bin_edges: n_bins is "' ~ n_bins ~ '"; it must be a whole number from 1 on') -%}
    {%- endif -%}
    {%- if method not in ('equal_width', 'quantile') -%}
        {%- do exceptions.raise_compiler_error('bin_edges: unknown method "' ~ method ~ '"; known are equal_width, quantile') -%}
    {%- endif -%}
    {%- set fractions = [] -%}
    {%- for number in range(n_bins + 1) -%}
        {%- do fractions.append(number / n_bins) -%}
    {%- endfor -%}
    select
        {%- for group in by %}
        edges.{{ group }},
        {%- endfor %}
        cast(row_number() over ({{ 'partition by edges.' ~ by | join(', edges.') ~ ' ' if by }}order by edges.edge) - 1 as bigint) as edge_number,
        edges.edge
    from (
        select distinct {{ 'fitted.' ~ by | join(', fitted.') ~ ', ' if by }}long.edge
        from (
            select
                {%- for group in by %}
                {{ group }},
                {%- endfor %}
                {%- if method == 'quantile' %}
                percentile_cont(array[{{ fractions | join(', ') }}]) within group (order by value) as quantiles
                {%- else %}
                min(value) as min_value,
                max(value) as max_value
                {%- endif %}
            from (
                select {{ (by + ['cast(' ~ column ~ ' as ' ~ millwright.sql_type('float8') ~ ') as value']) | join(', ') }}
                from {{ relation }}
            ) as observed
            where abs(value) < 1e150
            {%- if by %}
            group by {{ by | join(', ') }}
            {%- endif %}
        ) as fitted
        cross join lateral (
            values
            {%- for fraction in fractions %}
            {%- if method == 'quantile' %}
            (fitted.quantiles[{{ loop.index }}])
            {%- elif loop.last %}
            (fitted.max_value)
            {%- else %}
            (fitted.min_value + (fitted.max_value - fitted.min_value) * {{ loop.index0 }} / {{ n_bins }})
            {%- endif -%}
            {{ ',' if not loop.last }}
            {%- endfor %}
        ) as long (edge)
        where long.edge is not null
    ) as edges
{%- endmacro -%}
