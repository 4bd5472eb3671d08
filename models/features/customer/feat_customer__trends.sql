with

days as (

    select * from {{ ref('fct_customer_days_by_snapshot') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

ranked as (

    select
        customer_id,
        snapshot_at,
        known_at,
        amount_sum,
        row_number() over (
            partition by customer_id, snapshot_at
            order by event_on desc
        ) as days_back,
        dense_rank() over (
            partition by customer_id, snapshot_at
            order by amount_sum desc
        ) as amount_rank
    from days

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        max(known_at) as known_at,
        cast(sum(amount_sum) as numeric(18, 2)) as amount_total,
        cast(max(case when days_back = 1 then amount_sum end) as numeric(18, 2)) as last_amount,
        cast(max(case when days_back = 2 then amount_sum end) as numeric(18, 2)) as previous_amount,
        max(case when days_back = 1 then amount_rank end) as last_amount_rank,
        count(case when days_back <= 3 then 1 end) as n_last_3,
        cast(sum(case when days_back <= 3 then amount_sum end) as numeric(18, 2)) as amount_last_3,
        count(case when days_back <= 6 then 1 end) as n_last_6,
        cast(sum(case when days_back <= 6 then amount_sum end) as numeric(18, 2)) as amount_last_6
    from ranked
    group by
        customer_id,
        snapshot_at

),

final as (

    select
        customer_id,
        snapshot_at as event_at,
        known_at,
        last_amount,
        previous_amount,
        cast(last_amount - previous_amount as numeric(18, 2)) as amount_change,
        last_amount_rank,
        {{ millwright.safe_divide('amount_last_3', 'n_last_3') }} as amount_moving_average_3,
        {{ millwright.safe_divide('amount_last_6', 'n_last_6') }} as amount_moving_average_6,
        dense_rank() over (
            partition by snapshot_at
            order by amount_total desc
        ) as customer_amount_rank,
        percent_rank() over (
            partition by snapshot_at
            order by amount_total
        ) as customer_amount_percentile
    from aggregated

)

select * from final
