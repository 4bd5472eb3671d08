with

runs as (

    select * from {{ ref('mon_runs') }}

),

planned as (

    {{ millwright.deduplicate(
        ref('stg_ops__run_nodes'),
        partition_by=['run_id', 'node_id'],
        order_by=['recorded_at desc', millwright.bytewise('invocation_id')]
    ) }}

),

results as (

    select *
    from {{ ref('stg_ops__run_steps') }}
    where status <> 'no-op'

),

-- Of a run that was retried, what the newest invocation says of each node that it set out to work on.
told as (

    select
        planned.run_id,
        planned.node_id,
        planned.resource_type,
        planned.stage,
        results.status,
        results.started_at,
        results.completed_at,
        results.execution_seconds,
        results.n_rows,
        results.n_failures,
        results.memory_mb,
        results.message
    from planned
    left join results
        on
            planned.run_id = results.run_id
            and planned.invocation_id = results.invocation_id
            and planned.node_id = results.node_id
    where planned.resource_type in ('model', 'seed', 'snapshot', 'test')

),

-- Hooks and unit tests are told of by their results only.
unplanned_results as (

    select results.*
    from results
    left join planned
        on
            results.run_id = planned.run_id
            and results.node_id = planned.node_id
    where planned.node_id is null

),

unplanned as (

    {{ millwright.deduplicate(
        'unplanned_results',
        partition_by=['run_id', 'node_id'],
        order_by=['completed_at desc nulls last', millwright.bytewise('invocation_id')]
    ) }}

),

steps as (

    select * from told

    union all

    select
        run_id,
        node_id,
        resource_type,
        resource_type || 's' as stage,
        status,
        started_at,
        completed_at,
        execution_seconds,
        n_rows,
        n_failures,
        memory_mb,
        message
    from unplanned

),

tables as (

    select
        run_id,
        target_id,
        max(n_target_rows) as n_table_rows
    from {{ ref('mon_lineage') }}
    group by
        run_id,
        target_id

),

batches as (

    select
        run_id,
        feature_group,
        count(*) as n_batches,
        count(case when status = 'failed' then 1 end) as n_failed_batches,
        max(last_snapshot_at) as last_snapshot_at
    from {{ ref('fs_batches') }}
    group by
        run_id,
        feature_group

),

final as (

    select
        steps.run_id,
        steps.node_id,
        split_part(steps.node_id, '.', 3) as node_name,
        steps.resource_type,
        steps.stage,
        case
            when steps.status in ('error', 'fail', 'runtime error', 'partial success') then 'failed'
            when steps.status = 'warn' then 'warned'
            when steps.status = 'skipped' then 'skipped'
            when steps.status is not null then 'completed'
            when runs.status in ('running', 'died') then runs.status
            else 'skipped'
        end as status,
        steps.started_at,
        steps.completed_at as finished_at,
        steps.execution_seconds as seconds,
        steps.n_rows,
        tables.n_table_rows,
        steps.n_failures,
        steps.memory_mb,
        batches.n_batches,
        batches.n_failed_batches,
        batches.last_snapshot_at,
        case when steps.status not in ('success', 'pass', 'skipped') then steps.message end as error_message
    from steps
    inner join runs
        on steps.run_id = runs.run_id
    left join tables
        on
            steps.run_id = tables.run_id
            and steps.node_id = tables.target_id
    left join batches
        on
            steps.run_id = batches.run_id
            and split_part(steps.node_id, '.', 3) = 'feat_' || batches.feature_group

)

select * from final
