with

events as (

    select * from {{ ref('stg_ops__runs') }}

),

-- A pipeline's run has not ended when dbt has: its own ending has no invocation.
invocations as (

    select
        run_id,
        invocation_id,
        max(pipeline_id) as pipeline_id,
        max(target_name) as target_name,
        max(command) as command,
        max(as_of) as as_of,
        max(case when is_full_refresh then 1 else 0 end) = 1 as is_full_refresh,
        min(recorded_at) as started_at,
        max(case when event in ('completed', 'failed') and (pipeline_id is null or invocation_id is null) then recorded_at end) as finished_at,
        max(case when event = 'died' or (event <> 'started' and (pipeline_id is null or invocation_id is null)) then event end) as ending
    from events
    group by
        run_id,
        invocation_id

),

placed as (

    select
        *,
        min(started_at) over (partition by run_id) as first_started_at,
        max(started_at) over () as newest_started_at,
        count(invocation_id) over (partition by run_id) as n_invocations
    from invocations

),

-- A run that was retried is as its newest invocation left it.
runs as (

    {{ millwright.deduplicate('placed', partition_by=['run_id'], order_by=['started_at desc', millwright.bytewise('invocation_id')]) }}

),

steps as (

    select
        steps.run_id,
        steps.node_id,
        steps.status,
        invocations.started_at as invocation_started_at
    from {{ ref('stg_ops__run_steps') }} as steps
    left join invocations
        on
            steps.run_id = invocations.run_id
            and steps.invocation_id = invocations.invocation_id

),

last_steps as (

    {{ millwright.deduplicate('steps', partition_by=['run_id', 'node_id'], order_by=['invocation_started_at desc nulls last', 'status']) }}

),

counted_steps as (

    select
        run_id,
        count(*) as n_steps,
        count(case when status in ('error', 'fail', 'runtime error', 'partial success') then 1 end) as n_failed_steps,
        count(case when status = 'warn' then 1 end) as n_warned_steps,
        count(case when status = 'skipped' then 1 end) as n_skipped_steps
    from last_steps
    group by run_id

),

-- Of pipelines' runs, who holds their lock knows that they died, and logs it; commands by hand take none, and one is dead once another has begun.
final as (

    select
        runs.run_id,
        runs.pipeline_id,
        runs.target_name,
        runs.command,
        runs.as_of,
        runs.is_full_refresh,
        runs.first_started_at as started_at,
        runs.finished_at,
        case
            when runs.ending is not null then runs.ending
            when runs.pipeline_id is null and runs.started_at < runs.newest_started_at then 'died'
            else 'running'
        end as status,
        cast(runs.n_invocations as bigint) as n_invocations,
        coalesce(counted_steps.n_steps, 0) as n_steps,
        coalesce(counted_steps.n_failed_steps, 0) as n_failed_steps,
        coalesce(counted_steps.n_warned_steps, 0) as n_warned_steps,
        coalesce(counted_steps.n_skipped_steps, 0) as n_skipped_steps
    from runs
    left join counted_steps
        on runs.run_id = counted_steps.run_id

)

select * from final
