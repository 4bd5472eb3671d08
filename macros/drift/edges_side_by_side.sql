{#- The edges of bins in one row for each of their features, as a query, so that no join is on ranges: the columns of `by`, edge_2 to
    edge_<n_bins + 1>, where the bin of that number begins (NULL where there are fewer), max_value, where the last one ends, and last_bin_number,
    which is its own. It fails for a feature with more bins than `n_bins` between its smallest and its largest number. -#}

{%- macro edges_side_by_side(bins, by, n_bins) -%}
    {%- set infinity = "cast('Infinity' as " ~ millwright.sql_type('float8') ~ ')' -%}
    {%- set last_bin_number = 'coalesce(max(case when upper_bound < ' ~ infinity ~ ' then bin_number end), 1)' -%}
    select
        {{ by | join(',\n        ') }},
        {%- for bin in range(2, n_bins + 2) %}
        max(case when bin_number = {{ bin }} and upper_bound < {{ infinity }} then lower_bound end) as edge_{{ bin }},
        {%- endfor %}
        max(case when bin_number > 1 and upper_bound = {{ infinity }} then lower_bound end) as max_value,
        {{ last_bin_number }} as last_bin_number
    from {{ bins }}
    group by {{ by | join(', ') }}
    having
        {{ millwright.require(
            last_bin_number ~ ' <= ' ~ (n_bins + 1),
            "'edges_side_by_side: n_bins is " ~ n_bins ~ ", but there are ' || (" ~ last_bin_number ~ " - 1) || ' bins'"
        ) | indent(8) }}
{%- endmacro -%}
