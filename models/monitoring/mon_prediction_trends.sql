with

hours as (

    select * from {{ ref('mon_prediction_hours') }}
    where
        hour_starts_at < {{ millwright.as_of() }}
        and n_predictions > 0

),

sides as (

    select
        hours.model_name,
        windows.n_days,
        hours.hour_starts_at >= {{ millwright.as_of() }} - windows.n_days * interval '1' day as is_current,
        cast(sum(hours.n_predictions) as {{ millwright.sql_type('float8') }}) as n_predictions,
        sum(hours.n_latencies) as n_latencies,
        sum(hours.total_latency_ms) as total_latency_ms,
        sum(hours.n_confidences) as n_confidences,
        sum(hours.total_confidence) as total_confidence,
        sum(hours.n_outcomes) as n_outcomes,
        sum(hours.n_judged) as n_judged,
        sum(hours.n_right) as n_right,
        sum(hours.n_errors) as n_errors,
        sum(hours.total_error) as total_error,
        max(hours.known_at) as known_at
    from hours
    cross join (values (7), (30)) as windows (n_days)
    where hours.hour_starts_at >= {{ millwright.as_of() }} - 2 * windows.n_days * interval '1' day
    group by
        hours.model_name,
        windows.n_days,
        hours.hour_starts_at >= {{ millwright.as_of() }} - windows.n_days * interval '1' day

),

measured as (

    select
        sides.model_name,
        sides.n_days,
        sides.is_current,
        long.metric,
        {{ millwright.safe_divide('long.numerator', 'long.denominator') }} as value,
        sides.known_at
    from sides
    cross join lateral (
        values
        ('predictions_per_day', sides.n_predictions, sides.n_days),
        ('latency_mean_ms', sides.total_latency_ms, sides.n_latencies),
        ('mean_confidence', sides.total_confidence, sides.n_confidences),
        ('label_coverage_rate', sides.n_outcomes, sides.n_predictions),
        ('accuracy_rate', sides.n_right, sides.n_judged),
        ('mean_absolute_error', sides.total_error, sides.n_errors)
    ) as long (metric, numerator, denominator)

),

-- No traffic is none, not unknown.
beside as (

    select
        model_name,
        n_days,
        metric,
        coalesce(
            max(case when is_current then value end),
            case when metric = 'predictions_per_day' then 0 end
        ) as value,
        coalesce(
            max(case when not is_current then value end),
            case when metric = 'predictions_per_day' then 0 end
        ) as value_before,
        max(known_at) as known_at
    from measured
    group by
        model_name,
        n_days,
        metric

),

final as (

    select
        model_name,
        n_days,
        metric,
        value,
        value_before,
        {{ millwright.safe_divide('value - value_before', 'value_before') }} as change_rate,
        case
            when value > value_before * (1 + {{ var('trend_tolerance') }}) then 'INCREASING'
            when value < value_before * (1 - {{ var('trend_tolerance') }}) then 'DECREASING'
            when value is not null and value_before is not null then 'STABLE'
        end as direction,
        known_at
    from beside

)

select * from final
