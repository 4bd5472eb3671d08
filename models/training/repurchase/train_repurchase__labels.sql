with

horizons as (

    select * from {{ ref('train_customer__horizons') }}

),

labelled as (

    select
        customer_id,
        snapshot_at,
        horizon_ends_at,
        revision,
        known_at,
        case when n_purchases_1 + n_purchases_2 + n_purchases_3 > 0 then 'repurchase' else 'no_repurchase' end as label,
        case
            when previous_n_purchases_1 + previous_n_purchases_2 + previous_n_purchases_3 > 0 then 'repurchase'
            else 'no_repurchase'
        end as previous_label
    from horizons

),

-- A purchase that is delivered late need not change the label.
final as (

    select
        customer_id,
        snapshot_at,
        revision as label_revision,
        label,
        horizon_ends_at,
        known_at as label_known_at
    from labelled
    where
        revision = 1
        or label <> previous_label

)

select * from final
