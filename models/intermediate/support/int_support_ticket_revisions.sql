with

deliveries as (

    select * from {{ ref('stg_support__tickets') }}

),

newest_of_moment as (

    {{ millwright.deduplicate(
        'deliveries',
        partition_by=['ticket_id', 'known_at'],
        order_by=[
            'closed_at desc nulls last',
            'opened_at',
            millwright.bytewise("concat_ws('|', account_number, email, topic, priority)"),
            'satisfaction',
        ]
    ) }}

),

final as (

    select
        ticket_id,
        account_number,
        email,
        opened_at,
        closed_at,
        topic,
        priority,
        satisfaction,
        known_at as valid_from,
        lead(known_at) over (
            partition by ticket_id
            order by known_at
        ) as valid_to
    from newest_of_moment

)

select * from final
