select
    model_name,
    model_version,
    date_trunc('hour', event_at) as hour_starts_at,
    count(*)::double as n_predictions,
    count(distinct user_id)::double as n_users,
    count(distinct session_id)::double as n_sessions,
    avg(latency_ms) as latency_mean_ms,
    quantile_cont(latency_ms, 0.5) as latency_p50_ms,
    quantile_cont(latency_ms, 0.95) as latency_p95_ms,
    quantile_cont(latency_ms, 0.99) as latency_p99_ms,
    avg(if(predicted_class = 'yes', score, 1 - score)) as mean_confidence,
    count(outcome_known_at) / count(*) as label_coverage_rate,
    avg((predicted_class = actual_class)::integer) as accuracy_rate,
    count(*) filter (where predicted_class = 'yes' and actual_class = 'no')
    / nullif(count(*) filter (where actual_class = 'no'), 0) as false_positive_rate,
    count(*) filter (where predicted_class = 'no' and actual_class = 'yes')
    / nullif(count(*) filter (where actual_class = 'yes'), 0) as false_negative_rate
from evaluation.eval_predictions
group by all
