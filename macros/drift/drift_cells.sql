{#- How many rows of a reference and of a relation are in each of the reference's bins, as a query in the form that `distribution_distances` reads:
    the columns of `by`, feature, kind, bin_number, bin_order, n_reference, n_current, mean_reference, mean_current, and n_categories of the bin.
    Bins without rows are there, too. -#}

{%- macro drift_cells(relation, bins, numbers, categories, n_bins, by=[]) -%}
    with

    counted as (

        {{ millwright.drift_counts(relation, bins, numbers, categories, n_bins, by) | indent(8) }}

    ),

    reference_bins as (

        select
            bins.feature,
            bins.kind,
            bins.bin_number,
            sum(bins.n) as n,
            sum(bins.total) as total,
            count(bins.category) as n_categories
        from {{ bins }} as bins
        inner join (
            {{ millwright.listed_features(numbers + categories) | indent(12) }}
        ) as features
            on bins.feature = features.feature
        group by
            bins.feature,
            bins.kind,
            bins.bin_number

    ),

    -- Categories that the reference does not have.
    expected as (

        select * from reference_bins

        union all

        select
            feature,
            kind,
            -1 as bin_number,
            0 as n,
            null as total,
            0 as n_categories
        from reference_bins
        where
            kind = 'category'
            and bin_number = 0

    )

    select
        {%- for column in by %}
        compared.{{ column }},
        {%- endfor %}
        expected.feature,
        expected.kind,
        expected.bin_number,
        case when expected.kind = 'number' and expected.bin_number > 0 then expected.bin_number end as bin_order,
        cast(expected.n as bigint) as n_reference,
        coalesce(counted.n, 0) as n_current,
        {{ millwright.safe_divide('expected.total', 'expected.n') }} as mean_reference,
        {{ millwright.safe_divide('counted.total', 'counted.n') }} as mean_current,
        expected.n_categories
    from expected
    {%- if by %}
    cross join (select distinct {{ by | join(', ') }} from counted) as compared
    {%- endif %}
    left join counted
        on
            expected.feature = counted.feature
            and expected.bin_number = counted.bin_number
            {%- for column in by %}
            and compared.{{ column }} = counted.{{ column }}
            {%- endfor %}
{%- endmacro -%}
