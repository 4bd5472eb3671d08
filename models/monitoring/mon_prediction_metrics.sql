with

hours as (

    select * from {{ ref('mon_prediction_hours') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

periods as (

    select
        hours.model_name,
        hours.model_version,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'hours.hour_starts_at') }} as period_start_at,
        min(hours.task) as task,
        cast(sum(hours.n_predictions) as bigint) as n_predictions,
        -- Of an hour only: who asks in two hours is not two, and percentiles do not add up.
        max(case when grains.grain = 'hour' then hours.n_users end) as n_users,
        max(case when grains.grain = 'hour' then hours.n_sessions end) as n_sessions,
        max(case when grains.grain = 'hour' then hours.latency_p50_ms end) as latency_p50_ms,
        max(case when grains.grain = 'hour' then hours.latency_p95_ms end) as latency_p95_ms,
        max(case when grains.grain = 'hour' then hours.latency_p99_ms end) as latency_p99_ms,
        max(hours.latency_max_ms) as latency_max_ms,
        sum(hours.total_latency_ms) as total_latency_ms,
        cast(sum(hours.n_latencies) as bigint) as n_latencies,
        sum(hours.total_confidence) as total_confidence,
        cast(sum(hours.n_confidences) as bigint) as n_confidences,
        cast(sum(hours.n_high_confidence) as bigint) as n_high_confidence,
        cast(sum(hours.n_low_confidence) as bigint) as n_low_confidence,
        sum(hours.total_memory_mb) as total_memory_mb,
        sum(hours.n_memories) as n_memories,
        max(hours.memory_max_mb) as memory_max_mb,
        sum(hours.total_cpu_rate) as total_cpu_rate,
        sum(hours.n_cpu_rates) as n_cpu_rates,
        max(hours.cpu_rate_max) as cpu_rate_max,
        cast(sum(hours.n_validation_failures) as bigint) as n_validation_failures,
        cast(sum(hours.n_validation_warnings) as bigint) as n_validation_warnings,
        cast(sum(hours.n_repeats) as bigint) as n_repeats,
        cast(sum(hours.n_logged_errors) as bigint) as n_logged_errors,
        cast(sum(hours.n_outcomes) as bigint) as n_outcomes,
        sum(hours.n_judged) as n_judged,
        sum(hours.n_right) as n_right,
        cast(sum(hours.tp) as bigint) as tp,
        cast(sum(hours.fp) as bigint) as fp,
        cast(sum(hours.fn) as bigint) as fn,
        cast(sum(hours.tn) as bigint) as tn,
        sum(hours.n_errors) as n_errors,
        sum(hours.total_error) as total_error,
        max(hours.last_event_at) as last_event_at,
        max(hours.known_at) as known_at
    from hours
    cross join (values ('hour'), ('day'), ('week'), ('month')) as grains (grain)
    group by
        hours.model_name,
        hours.model_version,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'hours.hour_starts_at') }}

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.task,
        periods.grain,
        periods.period_start_at,
        periods.n_predictions,
        periods.n_users,
        periods.n_sessions,
        periods.n_latencies,
        {{ millwright.safe_divide('periods.total_latency_ms', 'periods.n_latencies') }} as latency_mean_ms,
        periods.latency_p50_ms,
        periods.latency_p95_ms,
        periods.latency_p99_ms,
        periods.latency_max_ms,
        {{ millwright.safe_divide('periods.total_confidence', 'periods.n_confidences') }} as mean_confidence,
        periods.n_high_confidence,
        periods.n_confidences - periods.n_high_confidence - periods.n_low_confidence as n_medium_confidence,
        periods.n_low_confidence,
        {{ millwright.safe_divide('periods.total_memory_mb', 'periods.n_memories') }} as memory_mean_mb,
        periods.memory_max_mb,
        {{ millwright.safe_divide('periods.total_cpu_rate', 'periods.n_cpu_rates') }} as mean_cpu_rate,
        periods.cpu_rate_max,
        periods.n_validation_failures,
        {{ millwright.safe_divide('periods.n_validation_failures', 'periods.n_validation_failures + periods.n_predictions') }}
            as validation_failure_rate,
        periods.n_validation_warnings,
        periods.n_repeats,
        periods.n_logged_errors,
        periods.n_outcomes,
        {{ millwright.safe_divide('periods.n_outcomes', 'periods.n_predictions') }} as label_coverage_rate,
        coalesce(
            periods.last_event_at + coalesce(tasks.label_delay_days, 0) * interval '1' day <= {{ millwright.as_of() }}, true
        ) as is_mature,
        {{ millwright.safe_divide('periods.n_right', 'periods.n_judged') }} as accuracy_rate,
        periods.tp,
        periods.fp,
        periods.fn,
        periods.tn,
        {{ millwright.safe_divide('periods.fp', 'periods.fp + periods.tn') }} as false_positive_rate,
        {{ millwright.safe_divide('periods.fn', 'periods.fn + periods.tp') }} as false_negative_rate,
        {{ millwright.safe_divide('periods.total_error', 'periods.n_errors') }} as mean_absolute_error,
        periods.known_at
    from periods
    left join tasks
        on periods.model_name = tasks.model_name

)

select * from final
