with

horizons as (

    select * from {{ ref('train_customer__horizons') }}

),

tiers as (

    select * from {{ ref('value_bands') }}
    where band_set = 'value_tier'

),

labelled as (

    select
        horizons.customer_id,
        horizons.snapshot_at,
        horizons.horizon_ends_at,
        horizons.revision,
        horizons.known_at,
        tiers.label,
        horizons.previous_amount >= tiers.lower_bound
        and (horizons.previous_amount < tiers.upper_bound or tiers.upper_bound is null) as is_unchanged
    from horizons
    left join tiers
        on
            horizons.amount >= tiers.lower_bound
            and (horizons.amount < tiers.upper_bound or tiers.upper_bound is null)

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
        or not is_unchanged

)

select * from final
