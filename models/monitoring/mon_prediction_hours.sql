with

predictions as (

    {{ millwright.changed_since(ref('eval_predictions'), 'hour') }}

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

final as (

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
        count(case when confidence >= 0.8 then 1 end) as n_high_confidence,
        count(case when confidence < 0.6 then 1 end) as n_low_confidence,
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

)

select * from final
