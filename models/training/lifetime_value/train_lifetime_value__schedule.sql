with

purchase_counts as (

    select * from {{ ref('train_lifetime_value__purchase_counts') }}

),

snapshots as (

    select
        snapshot_at,
        cast(sum(n_customers) as bigint) as n_customers,
        cast(sum(case when n_repeat_days > 0 then n_customers else 0 end) as bigint) as n_repeat_customers,
        max(tenure_days) as history_days
    from purchase_counts
    group by snapshot_at

),

-- From the first snapshot with enough to learn from on, every month.
first_due as (

    select min(snapshot_at) as snapshot_at
    from snapshots
    where
        history_days >= {{ var('lifetime_value_min_history_days') }}
        and n_repeat_customers >= {{ var('lifetime_value_min_repeat_customers') }}

),

final as (

    select
        cast(extract(year from snapshots.snapshot_at) as integer)
        || '.' || cast(extract(month from snapshots.snapshot_at) as integer) || '.0' as model_version,
        snapshots.snapshot_at as trained_at,
        snapshots.n_customers,
        snapshots.n_repeat_customers
    from snapshots
    inner join first_due
        on snapshots.snapshot_at >= first_due.snapshot_at

)

select * from final
