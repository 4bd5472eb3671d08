{%- set ends_at = dbt.date_trunc('hour', millwright.as_of()) -%}
{%- set spans = {'1h': "interval '1' hour", '24h': "interval '24' hour", '7d': "interval '7' day"} -%}
{%- set sums = [
    'n_predictions', 'n_latencies', 'total_latency_ms', 'n_confidences', 'total_confidence', 'n_low_confidence', 'n_validation_failures',
    'n_logged_errors', 'n_judged', 'n_right',
] -%}

with

registered as (

    select distinct
        model_name,
        model_version
    from {{ ref('stg_ops__model_versions') }}

),

bans as (

    select * from {{ ref('stg_ops__version_bans') }}
    where
        starts_at <= {{ millwright.as_of() }}
        and coalesce(ends_at > {{ millwright.as_of() }}, true)
        and known_until is null

),

hours as (

    select * from {{ ref('mon_prediction_hours') }}
    where
        hour_starts_at >= {{ ends_at }} - {{ spans['7d'] }}
        and hour_starts_at < {{ ends_at }}

),

predictions as (

    select * from {{ ref('eval_predictions') }}
    where
        event_at >= {{ ends_at }} - {{ spans['24h'] }}
        and event_at < {{ ends_at }}

),

drift as (

    select * from {{ ref('mon_drift') }}
    where
        model_version = reference_version
        and verdict <> 'insufficient_sample'

),

limits as (

    select * from {{ ref('dashboard_limits') }}

),

versions as (

    select registered.*
    from registered
    left join bans
        on
            registered.model_name = bans.model_name
            and registered.model_version = bans.model_version
    where bans.model_name is null

),

traffic as (

    select
        model_name,
        model_version,
        {%- for span, length in spans.items() %}
        {%- set is_within = 'hour_starts_at >= ' ~ ends_at ~ ' - ' ~ length %}
        {%- for column in sums %}
        sum(case when {{ is_within }} then {{ column }} end) as {{ column }}_{{ span }},
        {%- endfor %}
        {%- endfor %}
        max(case when hour_starts_at >= {{ ends_at }} - {{ spans['1h'] }} then n_users end) as n_users_1h,
        max(case when hour_starts_at >= {{ ends_at }} - {{ spans['1h'] }} then latency_p95_ms end) as latency_p95_ms_1h
    from hours
    group by
        model_name,
        model_version

),

users as (

    select
        model_name,
        model_version,
        count(distinct user_id) as n_users_24h
    from predictions
    group by
        model_name,
        model_version

),

newest_drift as (

    select
        model_name,
        model_version,
        max(psi) as drift
    from (
        select
            *,
            max(period_start_at) over (partition by model_name, model_version) as newest_at
        from drift
    ) as placed
    where period_start_at = newest_at
    group by
        model_name,
        model_version

),

measured as (

    select
        versions.model_name,
        versions.model_version,
        {%- for span in ['1h', '24h'] %}
        cast(coalesce(traffic.n_predictions_{{ span }}, 0) as bigint) as n_predictions_{{ span }},
        cast(coalesce(traffic.n_logged_errors_{{ span }}, 0) as bigint) as n_errors_{{ span }},
        cast(coalesce(traffic.n_validation_failures_{{ span }}, 0) as bigint) as n_validation_failures_{{ span }},
        {{ millwright.safe_divide('traffic.total_latency_ms_' ~ span, 'traffic.n_latencies_' ~ span) }} as latency_mean_ms_{{ span }},
        {{ millwright.safe_divide('traffic.total_confidence_' ~ span, 'traffic.n_confidences_' ~ span) }} as mean_confidence_{{ span }},
        {{ millwright.safe_divide('traffic.n_low_confidence_' ~ span, 'traffic.n_confidences_' ~ span) }} as low_confidence_rate_{{ span }},
        {%- endfor %}
        coalesce(traffic.n_users_1h, 0) as n_users_1h,
        coalesce(users.n_users_24h, 0) as n_users_24h,
        traffic.latency_p95_ms_1h,
        coalesce(traffic.n_predictions_7d, 0) / cast(7 as {{ millwright.sql_type('float8') }}) as baseline_predictions_per_day,
        coalesce(traffic.n_logged_errors_7d, 0) / cast(7 as {{ millwright.sql_type('float8') }}) as baseline_errors_per_day,
        {{ millwright.safe_divide('traffic.total_latency_ms_7d', 'traffic.n_latencies_7d') }} as baseline_latency_mean_ms,
        {{ millwright.safe_divide('traffic.total_confidence_7d', 'traffic.n_confidences_7d') }} as baseline_mean_confidence,
        {{ millwright.safe_divide('traffic.n_right_7d', 'traffic.n_judged_7d') }} as baseline_accuracy_rate,
        newest_drift.drift,
        coalesce(traffic.n_predictions_1h + traffic.n_logged_errors_1h + traffic.n_validation_failures_1h, 0) > 0 as has_traffic
    from versions
    left join traffic
        on
            versions.model_name = traffic.model_name
            and versions.model_version = traffic.model_version
    left join users
        on
            versions.model_name = users.model_name
            and versions.model_version = users.model_version
    left join newest_drift
        on
            versions.model_name = newest_drift.model_name
            and versions.model_version = newest_drift.model_version

),

-- Of each score the first limit that holds; what is not known gets none.
scored as (

    select
        measured.model_name,
        measured.model_version,
        limits.score_name,
        limits.score,
        row_number() over (
            partition by measured.model_name, measured.model_version, limits.score_name order by limits.limit_order
        ) as place
    from measured
    cross join limits
    where
        measured.has_traffic
        and (limits.score_name <> 'performance' or measured.latency_mean_ms_1h is not null)
        and (limits.score_name <> 'confidence' or measured.mean_confidence_1h is not null)
        and (limits.score_name <> 'stability' or measured.drift is not null)
        and (limits.max_errors is null or measured.n_errors_1h <= limits.max_errors)
        and (limits.max_validation_failures is null or measured.n_validation_failures_1h <= limits.max_validation_failures)
        and (limits.max_latency_ms is null or measured.latency_mean_ms_1h <= limits.max_latency_ms)
        and (limits.min_confidence is null or measured.mean_confidence_1h >= limits.min_confidence)
        and (limits.max_low_confidence_rate is null or measured.low_confidence_rate_1h <= limits.max_low_confidence_rate)
        and (limits.max_drift is null or measured.drift <= limits.max_drift)

),

scores as (

    select
        model_name,
        model_version,
        max(case when score_name = 'reliability' then score end) as reliability_score,
        max(case when score_name = 'performance' then score end) as performance_score,
        max(case when score_name = 'confidence' then score end) as confidence_score,
        max(case when score_name = 'stability' then score end) as stability_score,
        avg(cast(score as {{ millwright.sql_type('float8') }})) as overall_score
    from scored
    where place = 1
    group by
        model_name,
        model_version

),

final as (

    select
        measured.model_name,
        measured.model_version,
        measured.n_predictions_1h,
        measured.n_predictions_24h,
        measured.baseline_predictions_per_day,
        measured.n_users_1h,
        measured.n_users_24h,
        measured.latency_mean_ms_1h,
        measured.latency_p95_ms_1h,
        measured.latency_mean_ms_24h,
        measured.baseline_latency_mean_ms,
        measured.mean_confidence_1h,
        measured.low_confidence_rate_1h,
        measured.mean_confidence_24h,
        measured.low_confidence_rate_24h,
        measured.baseline_mean_confidence,
        measured.baseline_accuracy_rate,
        measured.drift,
        measured.n_errors_1h,
        measured.n_errors_24h,
        measured.baseline_errors_per_day,
        measured.n_validation_failures_1h,
        measured.n_validation_failures_24h,
        scores.reliability_score,
        scores.performance_score,
        scores.confidence_score,
        scores.stability_score,
        scores.overall_score,
        case
            when scores.overall_score >= 90 then 'EXCELLENT'
            when scores.overall_score >= 80 then 'GOOD'
            when scores.overall_score >= 70 then 'FAIR'
            when scores.overall_score >= 60 then 'POOR'
            when scores.overall_score is not null then 'CRITICAL'
        end as status,
        case
            when measured.n_errors_1h > 50 then 'INVESTIGATE_ERRORS'
            when measured.latency_mean_ms_1h > 1000 then 'OPTIMIZE_PERFORMANCE'
            when measured.drift > 0.5 then 'RETRAIN_MODEL'
            when measured.low_confidence_rate_1h > 0.3 then 'REVIEW_CONFIDENCE_THRESHOLDS'
            else 'MONITOR_NORMALLY'
        end as recommendation,
        {{ millwright.as_of() }} as as_of
    from measured
    left join scores
        on
            measured.model_name = scores.model_name
            and measured.model_version = scores.model_version

)

select * from final
