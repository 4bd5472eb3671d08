{%- set counts = [
    'n_predictions', 'n_users', 'n_sessions', 'n_latencies', 'n_confidences', 'n_high_confidence', 'n_low_confidence', 'n_memories', 'n_cpu_rates',
    'n_validation_warnings', 'n_repeats', 'n_outcomes', 'n_judged', 'n_right', 'tp', 'fp', 'fn', 'tn', 'n_errors',
] -%}
{%- set measures = [
    'total_latency_ms', 'latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms', 'latency_max_ms', 'total_confidence', 'total_memory_mb',
    'memory_max_mb', 'total_cpu_rate', 'cpu_rate_max', 'total_error', 'last_event_at',
] -%}

with

changed as (

    {{ millwright.changed_hours() }}

),

predictions as (

    {{ millwright.in_changed_hours(ref('eval_predictions'), 'rows_of_hours.event_at') }}

),

rejected as (

    {{ millwright.in_changed_hours(
        ref('stg_ops__predictions_quarantined'), 'coalesce(rows_of_hours.event_at, rows_of_hours.known_at)'
    ) }}

),

errors as (

    {{ millwright.in_changed_hours(ref('mon_prediction_errors'), 'rows_of_hours.event_at') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

-- How probable the version holds what it says.
judged as (

    select
        predictions.*,
        {{ millwright.prediction_confidence(
            'predictions',
            highest_score=millwright.json_numbers('predictions.class_scores', 'max'),
            is_other='predictions.predicted_class <> tasks.positive_class',
        ) }} as confidence,
        -- The same request for the same thing, moment and input, by whatever id.
        case
            when predictions.request_id is not null and predictions.feature_hash is not null
                then concat_ws('|', predictions.feature_hash, predictions.event_at, predictions.entity_id, predictions.request_id)
        end as request,
        predictions.predicted_class = predictions.actual_class as is_right,
        predictions.predicted_class = tasks.positive_class as is_predicted,
        predictions.actual_class = tasks.positive_class as is_actual,
        abs(predictions.predicted_value - predictions.actual_value) as error
    from predictions
    left join tasks
        on predictions.model_name = tasks.model_name

),

counted as (

    select
        model_name,
        model_version,
        hour_starts_at,
        min(task) as task,
        count(*) as n_predictions,
        count(distinct user_id) as n_users,
        count(distinct session_id) as n_sessions,
        count(latency_ms) as n_latencies,
        sum(latency_ms) as total_latency_ms,
        percentile_cont(0.5) within group (order by latency_ms) as latency_p50_ms,
        percentile_cont(0.95) within group (order by latency_ms) as latency_p95_ms,
        percentile_cont(0.99) within group (order by latency_ms) as latency_p99_ms,
        max(latency_ms) as latency_max_ms,
        count(confidence) as n_confidences,
        sum(confidence) as total_confidence,
        count(case when {{ millwright.confidence_level('confidence') }} = 'high' then 1 end) as n_high_confidence,
        count(case when {{ millwright.confidence_level('confidence') }} = 'low' then 1 end) as n_low_confidence,
        count(memory_mb) as n_memories,
        sum(memory_mb) as total_memory_mb,
        max(memory_mb) as memory_max_mb,
        count(cpu_rate) as n_cpu_rates,
        sum(cpu_rate) as total_cpu_rate,
        max(cpu_rate) as cpu_rate_max,
        count(case when validation_status = 'warning' then 1 end) as n_validation_warnings,
        count(request) - count(distinct request) as n_repeats,
        count(outcome_known_at) as n_outcomes,
        count(is_right) as n_judged,
        count(case when is_right then 1 end) as n_right,
        count(case when is_predicted and is_actual then 1 end) as tp,
        count(case when is_predicted and not is_actual then 1 end) as fp,
        count(case when not is_predicted and is_actual then 1 end) as fn,
        count(case when not is_predicted and not is_actual then 1 end) as tn,
        count(error) as n_errors,
        sum(error) as total_error,
        max(event_at) as last_event_at,
        max(changed_at) as known_at
    from judged
    group by
        model_name,
        model_version,
        hour_starts_at

),

rejected_by_hour as (

    select
        model_name,
        model_version,
        hour_starts_at,
        count(*) as n,
        max(known_at) as known_at
    from rejected
    where known_at is not null
    group by
        model_name,
        model_version,
        hour_starts_at

),

errors_by_hour as (

    select
        model_name,
        model_version,
        hour_starts_at,
        count(*) as n,
        max(known_at) as known_at
    from errors
    group by
        model_name,
        model_version,
        hour_starts_at

),

final as (

    select
        changed.model_name,
        changed.model_version,
        changed.hour_starts_at,
        counted.task,
        {%- for column in counts %}
        coalesce(counted.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        {%- for column in measures %}
        counted.{{ column }},
        {%- endfor %}
        coalesce(rejected_by_hour.n, 0) as n_validation_failures,
        coalesce(errors_by_hour.n, 0) as n_logged_errors,
        greatest(counted.known_at, rejected_by_hour.known_at, errors_by_hour.known_at) as known_at
    from changed
    left join counted
        on
            changed.model_name = counted.model_name
            and changed.model_version = counted.model_version
            and changed.hour_starts_at = counted.hour_starts_at
    left join rejected_by_hour
        on
            changed.model_name = rejected_by_hour.model_name
            and changed.model_version = rejected_by_hour.model_version
            and changed.hour_starts_at = rejected_by_hour.hour_starts_at
    left join errors_by_hour
        on
            changed.model_name = errors_by_hour.model_name
            and changed.model_version = errors_by_hour.model_version
            and changed.hour_starts_at = errors_by_hour.hour_starts_at

)

select * from final
