with

days as (

    select * from {{ ref('fct_customer_days_by_snapshot') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        min(event_on) as first_purchase_on,
        max(event_on) as last_purchase_on,
        max(known_at) as known_at,
        cast(sum(n_purchases) as bigint) as n_purchases,
        count(*) as n_purchase_days,
        cast(sum(amount_sum) as numeric(18, 2)) as amount_total,
        cast(sum(amount_squares) as numeric(28, 4)) as amount_squares,
        cast(min(amount_min) as numeric(18, 2)) as amount_min,
        cast(max(amount_max) as numeric(18, 2)) as amount_max
    from days
    group by
        customer_id,
        snapshot_at

),

measured as (

    select
        *,
        cast({{ dbt.datediff('last_purchase_on', 'snapshot_at', 'day') }} as bigint) as recency_days,
        cast({{ dbt.datediff('first_purchase_on', 'snapshot_at', 'day') }} as bigint) as tenure_days
    from aggregated

),

final as (

    select
        customer_id,
        snapshot_at as event_at,
        known_at,
        recency_days,
        tenure_days,
        n_purchases,
        n_purchase_days,
        amount_total,
        amount_min,
        amount_max,
        {{ millwright.safe_divide('amount_total', 'n_purchases') }} as amount_mean,
        {{ millwright.standard_deviation('n_purchases', 'amount_total', 'amount_squares') }} as amount_stddev,
        {{ millwright.safe_divide('amount_total', 'n_purchase_days') }} as amount_per_purchase_day,
        ln(1 + cast(recency_days as {{ millwright.sql_type('float8') }})) as log_recency_days,
        ln(cast(n_purchase_days as {{ millwright.sql_type('float8') }})) as log_n_purchase_days,
        ln(1 + cast(amount_total as {{ millwright.sql_type('float8') }})) as log_amount_total
    from measured

)

select * from final
