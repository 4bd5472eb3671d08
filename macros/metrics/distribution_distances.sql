{#- How far the current counts of bins are from those of a reference, as a query: a row per group with n_reference, n_current, n_bins, psi,
    jensen_shannon_distance, kolmogorov_smirnov, wasserstein_distance, chi_squared and degrees_of_freedom. What needs rows on both sides is NULL
    without them.

    `cells` names a relation with a row per group and bin: bin_order (its place in order; NULL for categories and missing values), n_reference,
    n_current, mean_reference and mean_current (the mean value of its rows; NULL without rows). Bins without rows on either side count nowhere.
    -#}

{%- macro distribution_distances(cells, by) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set keys = by | join(', ') -%}
    with

    counted as (

        select
            {{ keys }},
            bin_order,
            cast(n_reference as {{ float8 }}) as n_reference,
            cast(n_current as {{ float8 }}) as n_current,
            mean_reference,
            mean_current,
            cast(sum(n_reference) over of_group as {{ float8 }}) as total_reference,
            cast(sum(n_current) over of_group as {{ float8 }}) as total_current,
            count(*) over of_group as n_bins
        from {{ cells }}
        where n_reference + n_current > 0
        window of_group as (partition by {{ keys }})

    ),

    -- Half a row is added to every bin of the PSI, which would be infinite with an empty one: the fewer rows there are, the less an empty bin says.
    shares as (

        select
            *,
            {{ millwright.safe_divide('n_reference', 'total_reference') }} as reference_share,
            {{ millwright.safe_divide('n_current', 'total_current') }} as current_share,
            (n_reference + 0.5) / (nullif(total_reference, 0) + 0.5 * n_bins) as smoothed_reference_share,
            (n_current + 0.5) / (nullif(total_current, 0) + 0.5 * n_bins) as smoothed_current_share
        from counted

    ),

    added as (

        select
            {{ keys }},
            cast(min(total_reference) as bigint) as n_reference,
            cast(min(total_current) as bigint) as n_current,
            min(n_bins) as n_bins,
            sum({{ millwright.psi_term('smoothed_reference_share', 'smoothed_current_share') }}) as psi,
            sum({{ millwright.jensen_shannon_term('reference_share', 'current_share') | indent(12) }}) as divergence,
            sum({{ millwright.chi_squared_term('n_reference', 'n_current', 'total_reference', 'total_current') | indent(12) }}) as chi_squared
        from shares
        group by {{ keys }}

    ),

    -- The steps of both distributions over what has an order.
    ordered as (

        {{ millwright.distribution_steps('counted', by) | indent(8) }}

    )

    select
        {{ 'added.' ~ by | join(', added.') }},
        added.n_reference,
        added.n_current,
        added.n_bins,
        added.psi,
        -- Rounding may take what is zero below it.
        case when added.n_reference > 0 and added.n_current > 0 then sqrt(greatest(added.divergence, 0)) end as jensen_shannon_distance,
        ordered.kolmogorov_smirnov,
        ordered.wasserstein_distance,
        added.chi_squared,
        case when added.chi_squared is not null then added.n_bins - 1 end as degrees_of_freedom
    from added
    left join ordered
        on
            {%- for key in by %}
            {{ 'and ' if not loop.first }}added.{{ key }} = ordered.{{ key }}
            {%- endfor %}
{%- endmacro -%}
