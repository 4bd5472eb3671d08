with

snapshots_of_customers as (

    select
        customer_id,
        event_at as snapshot_at
    from {{ ref('feat_customer__rfm') }}

),

final as (

    select
        customer_id,
        snapshot_at,
        snapshot_at + interval '{{ var("label_horizon_days") }}' day as horizon_ends_at,
        snapshot_at + interval '{{ var("label_horizon_days") + var("label_grace_days") }}' day as matures_at,
        snapshot_at + interval '{{ var("label_horizon_days") + var("label_grace_days") }}' day <= {{ millwright.as_of() }} as is_mature
    from snapshots_of_customers

)

select * from final
