with

periods as (

    {{ millwright.changed_periods(with_hours=false) }}

),

partials as (

    select * from {{ ref('eval_score_partials') }}
    where
        score_bin is not null
        and n > 0

),

in_periods as (

    {{ millwright.in_periods('partials', 'day_starts_at', ['class_name', 'score_bin', 'n', 'positives', 'expected_positives']) }}

),

in_segments as (

    {{ millwright.in_segments('in_periods', ['period_id', 'class_name', 'score_bin', 'n', 'positives', 'expected_positives']) }}

),

tenths as (

    select
        period_id,
        segment,
        class_name,
        cast(least(floor(score_bin / 10.0), 9) as integer) as tenth,
        cast(sum(n) as bigint) as n,
        cast(sum(positives) as bigint) as positives,
        sum(expected_positives) as expected_positives
    from in_segments
    group by
        period_id,
        segment,
        class_name,
        least(floor(score_bin / 10.0), 9)

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        tenths.segment,
        tenths.class_name,
        tenths.tenth / {{ millwright.literal(10, 'float8') }} as score_from,
        (tenths.tenth + 1) / {{ millwright.literal(10, 'float8') }} as score_to,
        tenths.n,
        tenths.positives,
        tenths.expected_positives,
        {{ millwright.safe_divide('tenths.expected_positives', 'tenths.n') }} as mean_score,
        {{ millwright.safe_divide('tenths.positives', 'tenths.n') }} as positive_rate,
        {{ millwright.wilson_bound('tenths.positives', 'tenths.n', -1) }} as positive_rate_low,
        {{ millwright.wilson_bound('tenths.positives', 'tenths.n', 1) }} as positive_rate_high,
        periods.known_at
    from tenths
    inner join periods
        on tenths.period_id = periods.period_id

)

select * from final
