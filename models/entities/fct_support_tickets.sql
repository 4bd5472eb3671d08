with

tickets as (

    select * from {{ ref('int_support_tickets_resolved') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

final as (

    select
        tickets.ticket_id,
        tickets.customer_id,
        tickets.opened_at as event_at,
        tickets.first_known_at as known_at,
        tickets.topic,
        tickets.priority,
        tickets.closed_at,
        tickets.closed_known_at,
        tickets.satisfaction
    from tickets
    inner join customers
        on tickets.customer_id = customers.customer_id

)

select * from final
