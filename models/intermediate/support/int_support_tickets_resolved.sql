with

tickets as (

    {{ millwright.deduplicate(
        ref('stg_support__tickets'),
        partition_by=['ticket_id'],
        order_by=['known_at desc', 'closed_at desc nulls last', 'opened_at', 'topic', 'priority', 'satisfaction']
    ) }}

),

first_deliveries as (

    select
        ticket_id,
        min(known_at) as first_known_at
    from {{ ref('stg_support__tickets') }}
    group by ticket_id

),

accounts as (

    select distinct account_number
    from {{ ref('stg_shop__purchases') }}

),

customers_by_email as (

    select
        email,
        min(customer_id) as customer_id
    from {{ ref('int_customer_records_resolved') }}
    where email is not null
    group by email
    having count(distinct customer_id) = 1

),

final as (

    select
        tickets.ticket_id,
        case
            when accounts.account_number is not null then 'shop-' || accounts.account_number
            when tickets.account_number is null then customers_by_email.customer_id
        end as customer_id,
        tickets.account_number,
        tickets.email,
        tickets.opened_at,
        tickets.closed_at,
        tickets.topic,
        tickets.priority,
        tickets.satisfaction,
        first_deliveries.first_known_at,
        tickets.known_at
    from tickets
    inner join first_deliveries
        on tickets.ticket_id = first_deliveries.ticket_id
    left join accounts
        on tickets.account_number = accounts.account_number
    left join customers_by_email
        on tickets.email = customers_by_email.email

)

select * from final
