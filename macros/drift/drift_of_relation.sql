{#- How far the columns of a relation are from a reference, as a query: a row for each column, and each group of `by`, with what
    `distribution_distances` says, kind, n_missing_reference, n_missing, n_new (rows with categories that the reference does not have) and
    n_vanished_categories (those of the reference with a bin of their own and no row now). `bins` is a relation made of `drift_reference`. -#}

{%- macro drift_of_relation(relation, bins, numbers=[], categories=[], n_bins=10, by=[]) -%}
    {%- do millwright.check_features('drift_of_relation', relation, numbers + categories) -%}
    {%- set keys = by + ['feature'] -%}
    with

    cells as (

        {{ millwright.drift_cells(relation, bins, numbers, categories, n_bins, by) | indent(8) }}

    ),

    distances as (

        {{ millwright.distribution_distances('cells', keys) | indent(8) }}

    ),

    counted as (

        select
            {{ keys | join(',\n            ') }},
            kind,
            cast(sum(case when bin_number = 0 then n_reference else 0 end) as bigint) as n_missing_reference,
            cast(sum(case when bin_number = 0 then n_current else 0 end) as bigint) as n_missing,
            cast(sum(case when bin_number = -1 then n_current else 0 end) as bigint) as n_new,
            count(case when n_categories = 1 and n_reference > 0 and n_current = 0 then 1 end) as n_vanished_categories
        from cells
        group by
            {{ keys | join(',\n            ') }},
            kind

    )

    select
        distances.*,
        counted.kind,
        counted.n_missing_reference,
        counted.n_missing,
        counted.n_new,
        counted.n_vanished_categories
    from distances
    inner join counted
        on
            {%- for column in keys %}
            {{ 'and ' if not loop.first }}distances.{{ column }} = counted.{{ column }}
            {%- endfor %}
{%- endmacro -%}
