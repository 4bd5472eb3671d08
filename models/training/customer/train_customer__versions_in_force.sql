with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

schedule as (

    select
        *,
        lead(trained_at) over (
            partition by model_name
            order by trained_at
        ) as superseded_at
    from {{ ref('train_customer__schedule') }}

),

final as (

    select
        schedule.model_name,
        snapshots.snapshot_at,
        schedule.model_version,
        schedule.trained_at
    from snapshots
    inner join schedule
        on
            snapshots.snapshot_at >= schedule.trained_at
            and (snapshots.snapshot_at < schedule.superseded_at or schedule.superseded_at is null)

)

select * from final
