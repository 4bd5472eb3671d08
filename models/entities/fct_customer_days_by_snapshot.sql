with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

days as (

    select * from {{ ref('fct_customer_days') }}

),

-- What was true before the snapshot and known by then: a purchase on the day of the snapshot belongs to the next one.
final as (

    select
        days.customer_id,
        snapshots.snapshot_at,
        days.event_on,
        days.valid_from as known_at,
        days.n_purchases,
        days.quantity_sum,
        days.amount_sum,
        days.amount_squares,
        days.amount_min,
        days.amount_max,
        days.price_band_bits
    from snapshots
    inner join days
        on
            days.event_on < snapshots.snapshot_at
            and {{ millwright.valid_at('days', 'snapshots.snapshot_at') }}

)

select * from final
