with

days as (

    select * from {{ ref('fct_customer_days_by_snapshot') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

neighbours as (

    select
        customer_id,
        snapshot_at,
        known_at,
        event_on,
        lag(event_on) over (
            partition by customer_id, snapshot_at
            order by event_on
        ) as previous_event_on,
        max(event_on) over (partition by customer_id, snapshot_at) as last_event_on
    from days

),

gaps as (

    select
        *,
        cast({{ dbt.datediff('previous_event_on', 'event_on', 'day') }} as bigint) as gap_days
    from neighbours

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        max(known_at) as known_at,
        min(event_on) as first_event_on,
        max(event_on) as last_event_on,
        count(*) as n_days,
        count(gap_days) as n_repeat_days,
        count(case when extract(isodow from event_on) >= 6 then 1 end) as n_weekend_days,
        cast(sum(gap_days) as bigint) as gap_days_sum,
        cast(sum(gap_days * gap_days) as bigint) as gap_days_squares,
        min(gap_days) as gap_days_min,
        max(gap_days) as gap_days_max,
        max(case when event_on = last_event_on then gap_days end) as gap_days_last
    from gaps
    group by
        customer_id,
        snapshot_at

),

measured as (

    select
        *,
        {{ millwright.safe_divide('gap_days_sum', 'n_repeat_days') }} as gap_days_mean,
        {{ millwright.standard_deviation('n_repeat_days', 'gap_days_sum', 'gap_days_squares') }} as gap_days_stddev,
        cast({{ dbt.datediff('last_event_on', 'snapshot_at', 'day') }} as bigint) as idle_days
    from aggregated

),

final as (

    select
        customer_id,
        snapshot_at as event_at,
        known_at,
        n_repeat_days,
        cast({{ dbt.datediff('first_event_on', 'last_event_on', 'day') }} as bigint) as active_span_days,
        gap_days_mean,
        gap_days_stddev,
        gap_days_min,
        gap_days_max,
        gap_days_last,
        {{ millwright.safe_divide('gap_days_stddev', 'gap_days_mean') }} as gap_days_variation,
        {{ millwright.safe_divide('idle_days', 'gap_days_mean') }} as overdue_ratio,
        {{ millwright.safe_divide('n_weekend_days', 'n_days') }} as weekend_rate
    from measured

)

select * from final
