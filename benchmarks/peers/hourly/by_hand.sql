-- What is distinct is counted by itself: beside the percentiles it takes more than 4 GB of a hundred million rows.
with measured as materialized (
    select
        model_name,
        model_version,
        date_trunc('hour', event_at) as hour_starts_at,
        count(*)::double as n_predictions,
        avg(latency_ms) as latency_mean_ms,
        quantile_cont(latency_ms, [0.5, 0.95, 0.99]) as latency_percentiles_ms,
        avg(if(predicted_class = 'yes', score, 1 - score)) as mean_confidence,
        count(outcome_known_at) / count(*) as label_coverage_rate,
        avg((predicted_class = actual_class)::integer) as accuracy_rate,
        count(*) filter (where predicted_class = 'yes' and actual_class = 'no')
        / nullif(count(*) filter (where actual_class = 'no'), 0) as false_positive_rate,
        count(*) filter (where predicted_class = 'no' and actual_class = 'yes')
        / nullif(count(*) filter (where actual_class = 'yes'), 0) as false_negative_rate
    from evaluation.eval_predictions
    group by all
),

askers as materialized (
    select
        model_name,
        model_version,
        date_trunc('hour', event_at) as hour_starts_at,
        count(distinct user_id)::double as n_users,
        count(distinct session_id)::double as n_sessions
    from evaluation.eval_predictions
    group by all
)

select
    * exclude (latency_percentiles_ms),
    latency_percentiles_ms[1] as latency_p50_ms,
    latency_percentiles_ms[2] as latency_p95_ms,
    latency_percentiles_ms[3] as latency_p99_ms
from measured
inner join askers using (model_name, model_version, hour_starts_at)
