with

events as (

    select * from {{ ref('stg_ops__runs') }}

),

steps as (

    select * from {{ ref('stg_ops__run_steps') }}

),

invocations as (

    select
        run_id,
        invocation_id,
        min(recorded_at) as started_at
    from events
    group by
        run_id,
        invocation_id

),

-- What a retry built again counts as it ended last.
last_steps as (

    select
        steps.run_id,
        steps.status,
        row_number() over (
            partition by steps.run_id, steps.node_id
            order by invocations.started_at desc
        ) as newness
    from steps
    left join invocations
        on
            steps.run_id = invocations.run_id
            and steps.invocation_id = invocations.invocation_id

),

counted_steps as (

    select
        run_id,
        count(*) as n_steps,
        count(case when status in ('error', 'fail', 'runtime error', 'partial success') then 1 end) as n_failed_steps,
        count(case when status = 'warn' then 1 end) as n_warned_steps,
        count(case when status = 'skipped' then 1 end) as n_skipped_steps
    from last_steps
    where newness = 1
    group by run_id

),

newest_events as (

    select
        run_id,
        event,
        recorded_at,
        row_number() over (
            partition by run_id
            order by recorded_at desc, case when event = 'started' then 0 else 1 end desc
        ) as newness
    from events

),

runs as (

    select
        run_id,
        max(pipeline_id) as pipeline_id,
        max(target_name) as target_name,
        max(command) as command,
        max(as_of) as as_of,
        min(recorded_at) as started_at,
        count(distinct invocation_id) as n_invocations
    from events
    group by run_id

),

final as (

    select
        runs.run_id,
        runs.pipeline_id,
        runs.target_name,
        runs.command,
        runs.as_of,
        runs.started_at,
        case when newest_events.event in ('completed', 'failed') then newest_events.recorded_at end as finished_at,
        case when newest_events.event = 'started' then 'unfinished' else newest_events.event end as status,
        runs.n_invocations,
        coalesce(counted_steps.n_steps, 0) as n_steps,
        coalesce(counted_steps.n_failed_steps, 0) as n_failed_steps,
        coalesce(counted_steps.n_warned_steps, 0) as n_warned_steps,
        coalesce(counted_steps.n_skipped_steps, 0) as n_skipped_steps
    from runs
    inner join newest_events
        on
            runs.run_id = newest_events.run_id
            and newest_events.newness = 1
    left join counted_steps
        on runs.run_id = counted_steps.run_id

)

select * from final
