-- Decisions reach the landing table while this runs:
-- depends_on: {{ ref('int_customer_assignments_made') }}

with

decisions as (

    select * from {{ ref('stg_ops__customer_assignments') }}
    where
        source_system = 'shop'
        and revision > 1

),

final as (

    select
        customer_id,
        known_at
    from decisions

    union

    select
        previous_customer_id as customer_id,
        known_at
    from decisions

)

select * from final
