with

deliveries as (

    select
        *,
        min(known_at) over (partition by ticket_id) as first_known_at,
        min(case when closed_at is not null then known_at end) over (partition by ticket_id) as closed_known_at
    from {{ ref('stg_support__tickets') }}

),

tickets as (

    {{ millwright.deduplicate(
        'deliveries',
        partition_by=['ticket_id'],
        order_by=[
            'known_at desc',
            'closed_at desc nulls last',
            'opened_at',
            millwright.bytewise("concat_ws('|', account_number, email, topic, priority)"),
            'satisfaction',
        ]
    ) }}

),

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

-- An address that two customers share identifies neither of them.
customers_by_email as (

    select
        email,
        min(customer_id) as customer_id
    from records
    where email is not null
    group by email
    having count(distinct customer_id) = 1

),

final as (

    select
        tickets.ticket_id,
        case
            when tickets.account_number is not null then holders.customer_id
            else customers_by_email.customer_id
        end as customer_id,
        tickets.account_number,
        tickets.email,
        tickets.opened_at,
        tickets.closed_at,
        tickets.topic,
        tickets.priority,
        tickets.satisfaction,
        tickets.first_known_at,
        tickets.closed_known_at
    from tickets
    left join records as holders
        on
            tickets.account_number = holders.source_record_id
            and holders.source_system = 'shop'
    left join customers_by_email
        on tickets.email = customers_by_email.email

)

select * from final
