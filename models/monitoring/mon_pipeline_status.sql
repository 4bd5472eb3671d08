with

steps as (

    select
        *,
        row_number() over (
            partition by run_id, stage
            order by
                case when status = 'failed' then 0 else 1 end,
                coalesce(finished_at, cast('9999-12-31' as timestamp)),
                {{ millwright.bytewise('node_id') }}
        ) as failure_number
    from {{ ref('mon_run_steps') }}

),

counted as (

    select
        run_id,
        stage,
        min(started_at) as started_at,
        max(finished_at) as finished_at,
        count(*) as n_nodes,
        count(case when status = 'completed' then 1 end) as n_completed_nodes,
        count(case when status = 'warned' then 1 end) as n_warned_nodes,
        count(case when status = 'failed' then 1 end) as n_failed_nodes,
        count(case when status = 'skipped' then 1 end) as n_skipped_nodes,
        count(case when status = 'running' then 1 end) as n_running_nodes,
        count(case when status = 'died' then 1 end) as n_died_nodes,
        cast(sum(n_table_rows) as bigint) as n_table_rows,
        sum(seconds) as seconds
    from steps
    group by
        run_id,
        stage

),

final as (

    select
        counted.run_id,
        counted.stage,
        case
            when counted.n_running_nodes > 0 then 'running'
            when counted.n_died_nodes > 0 then 'died'
            when counted.n_failed_nodes > 0 then 'failed'
            when counted.n_skipped_nodes = counted.n_nodes then 'skipped'
            when counted.n_warned_nodes > 0 then 'warned'
            else 'completed'
        end as status,
        coalesce(counted.started_at, runs.started_at) as started_at,
        case when counted.n_running_nodes + counted.n_died_nodes = 0 then counted.finished_at end as finished_at,
        counted.n_nodes,
        counted.n_completed_nodes,
        counted.n_warned_nodes,
        counted.n_failed_nodes,
        counted.n_skipped_nodes,
        counted.n_table_rows,
        counted.seconds,
        failures.node_name as first_failed_node,
        failures.error_message as first_error_message
    from counted
    inner join {{ ref('mon_runs') }} as runs
        on counted.run_id = runs.run_id
    left join steps as failures
        on
            counted.run_id = failures.run_id
            and counted.stage = failures.stage
            and failures.failure_number = 1
            and failures.status = 'failed'

)

select * from final
