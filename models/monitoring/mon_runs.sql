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

runs as (

    select
        run_id,
        max(target_name) as target_name,
        max(command) as command,
        max(as_of) as as_of,
        min(case when event = 'started' then recorded_at end) as started_at,
        max(case when event <> 'started' then recorded_at end) as finished_at,
        max(case when event <> 'started' then event end) as last_event
    from events
    group by run_id

),

final as (

    select
        runs.run_id,
        runs.target_name,
        runs.command,
        runs.as_of,
        runs.started_at,
        runs.finished_at,
        coalesce(runs.last_event, 'unfinished') as status,
        coalesce(steps.n_steps, 0) as n_steps,
        coalesce(steps.n_failed_steps, 0) as n_failed_steps,
        coalesce(steps.n_warned_steps, 0) as n_warned_steps,
        coalesce(steps.n_skipped_steps, 0) as n_skipped_steps
    from runs
    left join steps
        on runs.run_id = steps.run_id

)

select * from final
