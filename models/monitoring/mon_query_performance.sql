with

limits as (

    select * from {{ ref('performance_limits') }}
    where
        reason = 'slower_than_history'
        and is_active

),

executed as (

    select
        steps.run_id,
        steps.node_id,
        steps.node_name,
        steps.stage,
        steps.status,
        steps.started_at,
        steps.finished_at,
        steps.seconds,
        steps.n_rows,
        steps.n_table_rows,
        steps.memory_mb,
        runs.is_full_refresh,
        row_number() over (
            partition by steps.node_id
            order by steps.started_at desc, {{ millwright.bytewise('steps.run_id') }}
        ) as recency,
        count(case when steps.status = 'completed' then 1 end) over (
            partition by steps.node_id, runs.is_full_refresh
            order by steps.started_at, {{ millwright.bytewise('steps.run_id') }}
            rows between unbounded preceding and 1 preceding
        ) as n_before
    from {{ ref('mon_run_steps') }} as steps
    inner join {{ ref('mon_runs') }} as runs
        on steps.run_id = runs.run_id
    where
        steps.resource_type = 'model'
        and steps.started_at is not null

),

-- Builds from nothing are compared with each other, and so are nights; a step that failed says nothing about how long its work takes.
comparable as (

    select
        node_id,
        is_full_refresh,
        seconds,
        n_before + 1 as place
    from executed
    where status = 'completed'

),

-- How far back to look, a row for each place: joined by equality, a long log is not compared run by run with itself.
steps_back as (

    select distinct comparable.place
    from comparable
    inner join limits
        on comparable.place <= limits.n_history_runs

),

looked_back as (

    select
        executed.run_id,
        executed.node_id,
        executed.is_full_refresh,
        executed.n_before + 1 - steps_back.place as place
    from executed
    cross join steps_back

),

history as (

    select
        looked_back.run_id,
        looked_back.node_id,
        count(*) as n_previous_runs,
        percentile_cont(0.5) within group (order by comparable.seconds) as median_seconds,
        percentile_cont(0.75) within group (order by comparable.seconds) as third_quartile_seconds,
        percentile_cont(0.75) within group (order by comparable.seconds)
        - percentile_cont(0.25) within group (order by comparable.seconds) as quartile_distance_seconds
    from looked_back
    inner join comparable
        on
            looked_back.node_id = comparable.node_id
            and looked_back.is_full_refresh = comparable.is_full_refresh
            and looked_back.place = comparable.place
    group by
        looked_back.run_id,
        looked_back.node_id

),

judged as (

    select
        history.run_id,
        history.node_id,
        history.n_previous_runs,
        history.median_seconds,
        case
            when history.n_previous_runs >= limits.min_history_runs
                then greatest(
                    history.third_quartile_seconds + limits.limit_value * history.quartile_distance_seconds,
                    history.median_seconds + limits.min_excess_seconds
                )
        end as limit_seconds
    from history
    cross join limits

),

final as (

    select
        executed.run_id,
        executed.node_id,
        executed.node_name,
        executed.stage,
        executed.status,
        executed.started_at,
        executed.finished_at,
        executed.seconds,
        executed.n_rows,
        executed.n_table_rows,
        executed.memory_mb,
        executed.is_full_refresh,
        executed.recency = 1 as is_newest,
        coalesce(judged.n_previous_runs, 0) as n_previous_runs,
        judged.median_seconds,
        judged.limit_seconds
    from executed
    left join judged
        on
            executed.run_id = judged.run_id
            and executed.node_id = judged.node_id

)

select * from final
