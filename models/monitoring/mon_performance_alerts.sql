with

performance as (

    select * from {{ ref('mon_query_performance') }}
    {{ millwright.fence() }}

),

judged as (

    select
        performance.run_id,
        performance.node_id,
        performance.node_name,
        limits.reason,
        limits.severity,
        case when limits.reason = 'more_memory_than_limit' then performance.memory_mb else performance.seconds end as value,
        case when limits.reason = 'slower_than_history' then performance.limit_seconds else limits.limit_value end as limit_value,
        performance.median_seconds,
        performance.n_previous_runs,
        performance.is_newest,
        performance.finished_at
    from performance
    inner join {{ ref('performance_limits') }} as limits
        on limits.is_active

),

final as (

    select
        run_id,
        node_id,
        node_name,
        reason,
        severity,
        value,
        limit_value,
        median_seconds,
        n_previous_runs,
        is_newest,
        finished_at
    from judged
    where value > limit_value

)

select * from final
