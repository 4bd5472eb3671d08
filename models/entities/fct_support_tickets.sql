with

tickets as (

    select * from {{ ref('int_support_tickets_resolved') }}

),

final as (

    select
        ticket_id,
        customer_id,
        opened_at as event_at,
        first_known_at as known_at,
        closed_at,
        topic,
        priority,
        satisfaction
    from tickets
    where customer_id is not null

)

select * from final
