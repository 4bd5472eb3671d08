{%- set counts = [
    'n_predictions', 'n_latencies', 'n_confidences', 'n_high_confidence', 'n_low_confidence', 'n_memories', 'n_cpu_rates',
    'n_validation_warnings', 'n_outcomes', 'n_judged', 'n_right', 'tp', 'fp', 'fn', 'tn', 'n_errors',
] -%}
{%- set measures = [
    'total_latency_ms', 'latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms', 'latency_max_ms', 'total_confidence', 'total_memory_mb',
    'memory_max_mb', 'total_cpu_rate', 'cpu_rate_max', 'total_error', 'last_event_at',
] -%}

with

changed as (

    {{ millwright.changed_hours() }}

),

predictions as {{ millwright.kept_on_nights() }} (

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
        count(latency_ms) as n_latencies,
        sum(latency_ms) as total_latency_ms,
        -- One array for all three: DuckDB keeps the values in memory for each call that differs.
        (percentile_cont(array[0.5, 0.95, 0.99]) within group (order by latency_ms))[1] as latency_p50_ms,
        (percentile_cont(array[0.5, 0.95, 0.99]) within group (order by latency_ms))[2] as latency_p95_ms,
        (percentile_cont(array[0.5, 0.95, 0.99]) within group (order by latency_ms))[3] as latency_p99_ms,
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

-- By themselves: to count what is distinct beside other aggregates, DuckDB copies all rows first.
askers as (

    select
        model_name,
        model_version,
        hour_starts_at,
        count(distinct user_id) as n_users,
        count(distinct session_id) as n_sessions
    from predictions
    group by
        model_name,
        model_version,
        hour_starts_at

),

-- The same request for the same thing, moment and input, by whatever id.
requests as (

    select
        model_name,
        model_version,
        hour_starts_at,
        count(*) - 1 as n_repeats
    from predictions
    where
        request_id is not null
        and feature_hash is not null
    group by
        model_name,
        model_version,
        hour_starts_at,
        event_at,
        entity_id,
        request_id,
        feature_hash

),

repeats as (

    select
        model_name,
        model_version,
        hour_starts_at,
        cast(sum(n_repeats) as bigint) as n_repeats
    from requests
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
        coalesce(askers.n_users, 0) as n_users,
        coalesce(askers.n_sessions, 0) as n_sessions,
        coalesce(repeats.n_repeats, 0) as n_repeats,
        coalesce(rejected_by_hour.n, 0) as n_validation_failures,
        coalesce(errors_by_hour.n, 0) as n_logged_errors,
        greatest(counted.known_at, rejected_by_hour.known_at, errors_by_hour.known_at) as known_at
    from changed
    left join counted
        on
            changed.model_name = counted.model_name
            and changed.model_version = counted.model_version
            and changed.hour_starts_at = counted.hour_starts_at
    left join askers
        on
            changed.model_name = askers.model_name
            and changed.model_version = askers.model_version
            and changed.hour_starts_at = askers.hour_starts_at
    left join repeats
        on
            changed.model_name = repeats.model_name
            and changed.model_version = repeats.model_version
            and changed.hour_starts_at = repeats.hour_starts_at
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
