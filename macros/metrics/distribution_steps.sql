{#- The distances of two cumulative distributions of ordered bins, as a query: a row per group with kolmogorov_smirnov, the largest distance at the
    edges between bins, and wasserstein_distance, the area between the two when all rows of a bin lie at their mean. `counted` names a CTE as
    `distribution_distances` reads it. -#}

{%- macro distribution_steps(counted, by) -%}
    {%- set keys = by | join(', ') -%}
    {%- set distance -%}
        abs(
            {{ millwright.safe_divide('sum(n_reference) over so_far', 'sum(n_reference) over of_group') }}
            - {{ millwright.safe_divide('sum(n_current) over so_far', 'sum(n_current) over of_group') }}
        )
    {%- endset -%}
    select
        {{ keys }},
        max(case when place = 'edge' then distance end) as kolmogorov_smirnov,
        sum(case when place = 'mean' then distance * width end) as wasserstein_distance
    from (
        select
            {{ keys }},
            'edge' as place,
            {{ distance | indent(12) }} as distance,
            cast(null as {{ millwright.sql_type('float8') }}) as width
        from {{ counted }}
        where bin_order is not null
        window
            of_group as (partition by {{ keys }}),
            so_far as (partition by {{ keys }} order by bin_order)

        union all

        select
            {{ keys }},
            'mean' as place,
            {{ distance | indent(12) }} as distance,
            -- Of several bins at one place only the last leads on.
            coalesce(lead(mean) over (partition by {{ keys }} order by mean) - mean, 0) as width
        from (
            select
                {{ keys }},
                mean_reference as mean,
                n_reference,
                0 as n_current
            from {{ counted }}
            where
                bin_order is not null
                and n_reference > 0

            union all

            select
                {{ keys }},
                mean_current as mean,
                0 as n_reference,
                n_current
            from {{ counted }}
            where
                bin_order is not null
                and n_current > 0
        ) as sides
        window
            of_group as (partition by {{ keys }}),
            so_far as (partition by {{ keys }} order by mean)
    ) as steps
    group by {{ keys }}
{%- endmacro -%}
