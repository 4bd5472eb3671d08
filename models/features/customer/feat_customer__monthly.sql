with

snapshots as (

    select * from {{ ref('int_snapshots') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

days as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'event_on') }} as date) as month_on
    from {{ ref('fct_customer_days') }}

),

-- Customer-months that are new at a snapshot: the month has ended since the one before, or a day of it looks different since then. Corrections
-- of months that ended more than 36 months ago are not followed.
changed_months as (

    select
        snapshots.snapshot_at,
        days.customer_id,
        days.month_on
    from snapshots
    inner join days
        on
            days.month_on + interval '1' month <= snapshots.snapshot_at
            and days.month_on + interval '37' month > snapshots.snapshot_at
            and days.valid_from <= snapshots.snapshot_at
            and (
                days.month_on + interval '1' month > snapshots.previous_snapshot_at
                or days.valid_from > snapshots.previous_snapshot_at
                or (days.valid_to > snapshots.previous_snapshot_at and days.valid_to <= snapshots.snapshot_at)
                or snapshots.previous_snapshot_at is null
            )
    group by
        snapshots.snapshot_at,
        days.customer_id,
        days.month_on

),

-- A month whose days all belong to somebody else by now is kept, with nothing in it, so that it takes the place of what was known before.
aggregated as (

    select
        changed_months.snapshot_at,
        changed_months.customer_id,
        changed_months.month_on,
        cast(coalesce(sum(days.n_purchases), 0) as bigint) as n_purchases,
        count(days.event_on) as n_purchase_days,
        cast(coalesce(sum(days.quantity_sum), 0) as bigint) as quantity,
        cast(coalesce(sum(days.amount_sum), 0) as numeric(18, 2)) as amount,
        cast(sum(days.amount_squares) as numeric(28, 4)) as amount_squares,
        coalesce({{ millwright.count_bits('bit_or(days.price_band_bits)') }}, 0) as n_price_bands,
        max(days.event_on) as last_purchase_on
    from changed_months
    left join days
        on
            changed_months.customer_id = days.customer_id
            and changed_months.month_on = days.month_on
            and {{ millwright.valid_at('days', 'changed_months.snapshot_at') }}
    group by
        changed_months.snapshot_at,
        changed_months.customer_id,
        changed_months.month_on

),

final as (

    select
        customer_id,
        month_on + interval '1' month as event_at,
        snapshot_at as known_at,
        month_on,
        n_purchases as n_purchases_of_month,
        n_purchase_days as n_purchase_days_of_month,
        quantity as quantity_of_month,
        amount as amount_of_month,
        {{ millwright.safe_divide('amount', 'n_purchases') }} as amount_mean_of_month,
        {{ millwright.standard_deviation('n_purchases', 'amount', 'amount_squares') }} as amount_stddev_of_month,
        n_price_bands as n_price_bands_of_month,
        last_purchase_on as last_purchase_of_month_on
    from aggregated

)

select * from final
