with

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

purchasers as (

    select
        customer_id,
        min(known_at) as first_known_at
    from {{ ref('fct_transactions') }}
    group by customer_id

),

customers as (

    select
        customer_id,
        min(first_known_at) as first_known_at,
        max(n_records) as n_source_records
    from (
        select
            customer_id,
            first_known_at,
            0 as n_records
        from purchasers

        union all

        select
            customer_id,
            min(first_known_at) as first_known_at,
            count(*) as n_records
        from records
        group by customer_id
    ) as known_customers
    group by customer_id

),

-- Fields that belong together are taken from one record: the one of the source with the best priority that has them, then the newest.
names as (

    select
        customer_id,
        given_name,
        surname,
        birth_on,
        source_system
    from (
        {{ millwright.deduplicate(
            'records',
            partition_by=['customer_id'],
            order_by=[
                'case when surname is null then 1 else 0 end',
                'case when given_name is null then 1 else 0 end',
                'priority', 'event_at desc', 'known_at desc', millwright.bytewise('source_record_id')
            ]
        ) }}
    ) as best
    where surname is not null or given_name is not null

),

addresses as (

    select
        customer_id,
        street,
        postcode,
        city,
        state,
        source_system
    from (
        {{ millwright.deduplicate(
            'records',
            partition_by=['customer_id'],
            order_by=[
                'case when street is null then 1 else 0 end',
                'case when city is null then 1 else 0 end',
                'priority', 'event_at desc', 'known_at desc', millwright.bytewise('source_record_id')
            ]
        ) }}
    ) as best
    where street is not null or city is not null

),

contacts as (

    select
        customer_id,
        email,
        phone,
        source_system
    from (
        {{ millwright.deduplicate(
            'records',
            partition_by=['customer_id'],
            order_by=[
                'case when email is null then 1 else 0 end',
                'case when phone is null then 1 else 0 end',
                'priority', 'event_at desc', 'known_at desc', millwright.bytewise('source_record_id')
            ]
        ) }}
    ) as best
    where email is not null or phone is not null

),

final as (

    select
        customers.customer_id,
        names.given_name,
        names.surname,
        names.birth_on,
        names.source_system as name_source,
        addresses.street,
        addresses.postcode,
        addresses.city,
        addresses.state,
        addresses.source_system as address_source,
        contacts.email,
        contacts.phone,
        contacts.source_system as contact_source,
        cast(customers.n_source_records as bigint) as n_source_records,
        purchasers.customer_id is not null as has_purchased,
        customers.first_known_at
    from customers
    left join purchasers
        on customers.customer_id = purchasers.customer_id
    left join names
        on customers.customer_id = names.customer_id
    left join addresses
        on customers.customer_id = addresses.customer_id
    left join contacts
        on customers.customer_id = contacts.customer_id

)

select * from final
