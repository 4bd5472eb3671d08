{%- set compared = ['model_name', 'model_version', 'reference_version', 'feature_group', 'feature', 'grain', 'period_start_at'] -%}

with

cells as (

    select
        *,
        kind = 'category' and bin_number between 1 and {{ var('drift_max_categories') }} and n_reference > 0 and n_current = 0 as is_vanished
    from {{ ref('mon_drift_cells') }}

),

distances as (

    {{ millwright.distribution_distances(ref('mon_drift_cells'), by=compared) }}

),

-- Missing values are in bin 0, new categories in bin -1, rare ones of the reference share the last.
counted as (

    select
        {{ compared | join(',\n        ') }},
        kind,
        max(known_at) as known_at,
        sum(case when bin_number = 0 then n_reference else 0 end) as n_missing_reference,
        sum(case when bin_number = 0 then n_current else 0 end) as n_missing,
        sum(case when bin_number = -1 then n_current else 0 end) as n_new,
        count(case when is_vanished then 1 end) as n_vanished_categories
    from cells
    group by
        {{ compared | join(',\n        ') }},
        kind

),

final as (

    select
        distances.*,
        counted.kind,
        counted.n_missing_reference,
        counted.n_missing,
        counted.n_new,
        counted.n_vanished_categories,
        counted.known_at
    from distances
    inner join counted
        on
            distances.model_name = counted.model_name
            and distances.model_version = counted.model_version
            and distances.reference_version = counted.reference_version
            and distances.feature_group = counted.feature_group
            and distances.feature = counted.feature
            and distances.grain = counted.grain
            and distances.period_start_at = counted.period_start_at

)

select * from final
