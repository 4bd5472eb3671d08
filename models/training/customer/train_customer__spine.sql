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
        {{ millwright.horizon_ends_at('snapshot_at') }} as horizon_ends_at,
        {{ millwright.matures_at('snapshot_at') }} as matures_at,
        {{ millwright.matures_at('snapshot_at') }} <= {{ millwright.as_of() }} as is_mature
    from snapshots_of_customers

)

select * from final
