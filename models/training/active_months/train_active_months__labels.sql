with

horizons as (

    select * from {{ ref('train_customer__horizons') }}

),

-- A purchase that is delivered late need not change the labels.
final as (

    select
        customer_id,
        snapshot_at,
        revision as label_revision,
        n_purchases_1 > 0 as is_active_month_1,
        n_purchases_2 > 0 as is_active_month_2,
        n_purchases_3 > 0 as is_active_month_3,
        horizon_ends_at,
        known_at as label_known_at
    from horizons
    where
        revision = 1
        or (n_purchases_1 > 0) <> (previous_n_purchases_1 > 0)
        or (n_purchases_2 > 0) <> (previous_n_purchases_2 > 0)
        or (n_purchases_3 > 0) <> (previous_n_purchases_3 > 0)

)

select * from final
