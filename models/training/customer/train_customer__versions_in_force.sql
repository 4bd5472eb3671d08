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

traffic as (

    select * from {{ ref('int_deployed_shares') }}
    where environment = 'production'

),

newest as (

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

),

-- What was deployed at the moment of a snapshot serves after it.
deployed as (

    select
        schedule.model_name,
        snapshots.snapshot_at,
        schedule.model_version,
        schedule.trained_at,
        traffic.traffic_percent,
        sum(traffic.traffic_percent) over (
            partition by schedule.model_name, snapshots.snapshot_at
        ) as percent_of_model,
        -- Who a version serves it goes on serving while the one that comes in gets more, from the other end.
        sum(traffic.traffic_percent) over (
            partition by schedule.model_name, snapshots.snapshot_at
            order by traffic.is_candidate, schedule.trained_at
        ) as percent_so_far
    from snapshots
    inner join traffic
        on
            snapshots.snapshot_at > traffic.began_at
            and (snapshots.snapshot_at <= traffic.ended_at or traffic.ended_at is null)
    inner join schedule
        on
            traffic.model_name = schedule.model_name
            and traffic.model_version = schedule.model_version

),

final as (

    select
        model_name,
        snapshot_at,
        model_version,
        trained_at,
        cast(percent_so_far - traffic_percent as {{ millwright.sql_type('float8') }}) / percent_of_model as share_from,
        cast(percent_so_far as {{ millwright.sql_type('float8') }}) / percent_of_model as share_until
    from deployed

    union all

    select
        newest.model_name,
        newest.snapshot_at,
        newest.model_version,
        newest.trained_at,
        0 as share_from,
        1 as share_until
    from newest
    left join deployed
        on
            newest.model_name = deployed.model_name
            and newest.snapshot_at = deployed.snapshot_at
    where deployed.model_name is null

)

select * from final
