with

events as (

    select * from {{ ref('stg_ops__runs') }}

),

steps as (

    select
        run_id,
        count(*) as n_steps,
        count(case when status in ('error', 'fail', 'runtime error', 'partial success') then 1 end) as n_failed_steps,
        count(case when status = 'warn' then 1 end) as n_warned_steps,
        count(case when status = 'skipped' then 1 end) as n_skipped_steps
    from {{ ref('stg_ops__run_steps') }}
    group by run_id

),

invocations as (

    select
        run_id,
        invocation_id,
        max(target_name) as target_name,
        max(command) as command,
        max(as_of) as as_of,
        max(case when is_full_refresh then 1 else 0 end) = 1 as is_full_refresh,
        min(case when event = 'started' then recorded_at end) as started_at,
        max(case when event <> 'started' then recorded_at end) as finished_at,
        max(case when event <> 'started' then event end) as ending
    from events
    group by
        run_id,
        invocation_id

),

placed as (

    select
        *,
        min(started_at) over (partition by run_id) as first_started_at,
        max(started_at) over () as newest_started_at
    from invocations

),

-- A run that was retried is as its newest invocation left it.
runs as (

    {{ millwright.deduplicate('placed', partition_by=['run_id'], order_by=['started_at desc', millwright.bytewise('invocation_id')]) }}

),

final as (

    select
        runs.run_id,
        runs.target_name,
        runs.command,
        runs.as_of,
        runs.is_full_refresh,
        runs.first_started_at as started_at,
        runs.finished_at,
        case
            when runs.ending is not null then runs.ending
            when runs.started_at < runs.newest_started_at then 'died'
            else 'running'
        end as status,
        coalesce(steps.n_steps, 0) as n_steps,
        coalesce(steps.n_failed_steps, 0) as n_failed_steps,
        coalesce(steps.n_warned_steps, 0) as n_warned_steps,
        coalesce(steps.n_skipped_steps, 0) as n_skipped_steps
    from runs
    left join steps
        on runs.run_id = steps.run_id

)

select * from final
