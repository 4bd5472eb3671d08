with

events as (

    select * from {{ ref('stg_ops__feature_batches') }}

),

runs as (

    select
        invocation_id,
        max(case when event <> 'started' then recorded_at end) as finished_at
    from {{ ref('stg_ops__runs') }}
    group by invocation_id

),

steps as (

    select
        run_id,
        node_id,
        max(message) as message
    from {{ ref('stg_ops__run_steps') }}
    where status = 'error'
    group by
        run_id,
        node_id

),

newest_builds as (

    select
        feature_group,
        build_id,
        row_number() over (
            partition by feature_group
            order by recorded_at desc
        ) as build_rank
    from events
    where event = 'created'

),

batches as (

    select
        run_id,
        invocation_id,
        feature_group,
        feature_version,
        build_id,
        first_snapshot_at,
        last_snapshot_at,
        as_of,
        min(recorded_at) as started_at,
        max(case when event = 'completed' then recorded_at end) as completed_at,
        max(n_rows) as n_rows,
        max(seconds) as seconds
    from events
    where event <> 'created'
    group by
        run_id,
        invocation_id,
        feature_group,
        feature_version,
        build_id,
        first_snapshot_at,
        last_snapshot_at,
        as_of

),

final as (

    select
        batches.run_id,
        batches.invocation_id,
        batches.feature_group,
        batches.feature_version,
        batches.first_snapshot_at,
        batches.last_snapshot_at,
        batches.as_of,
        -- A batch whose run is over and that did not end, failed; a run that died does not say that it is over.
        case
            when batches.completed_at is not null then 'completed'
            when runs.finished_at is not null then 'failed'
            else 'running'
        end as status,
        batches.n_rows,
        batches.seconds,
        batches.started_at,
        batches.completed_at,
        newest_builds.build_rank = 1 as is_current_build,
        case when batches.completed_at is null then steps.message end as message
    from batches
    left join runs
        on batches.invocation_id = runs.invocation_id
    left join steps
        on
            batches.run_id = steps.run_id
            and split_part(steps.node_id, '.', 3) = 'feat_' || batches.feature_group
    left join newest_builds
        on
            batches.feature_group = newest_builds.feature_group
            and batches.build_id = newest_builds.build_id

)

select * from final
