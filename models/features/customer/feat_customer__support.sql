with

snapshots as (

    select * from {{ ref('int_snapshots') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

tickets as (

    select * from {{ ref('int_support_ticket_revisions') }}

),

owners as (

    select * from {{ ref('customer_crosswalk') }}

),

records as (

    select * from {{ ref('int_customer_record_revisions') }}
    where
        email is not null
        and not is_deleted

),

visible as (

    select
        snapshots.snapshot_at,
        tickets.*
    from snapshots
    inner join tickets
        on
            tickets.opened_at < snapshots.snapshot_at
            and {{ millwright.valid_at('tickets', 'snapshots.snapshot_at') }}

),

-- An address that two customers share identifies neither of them.
customers_by_email as (

    select
        snapshots.snapshot_at,
        records.email,
        min(owners.customer_id) as customer_id,
        max(greatest(records.valid_from, owners.valid_from)) as known_at
    from snapshots
    inner join records
        on {{ millwright.valid_at('records', 'snapshots.snapshot_at') }}
    inner join owners
        on
            records.record_key = owners.record_key
            and {{ millwright.valid_at('owners', 'snapshots.snapshot_at') }}
    group by
        snapshots.snapshot_at,
        records.email
    having count(distinct owners.customer_id) = 1

),

-- A ticket is of whom its account belonged to at the snapshot, or its address where it names no account.
attributed as (

    select
        visible.*,
        coalesce(holders.customer_id, customers_by_email.customer_id) as customer_id,
        greatest(visible.valid_from, holders.valid_from, customers_by_email.known_at) as known_at
    from visible
    left join owners as holders
        on
            visible.account_number = holders.source_record_id
            and holders.source_system = 'shop'
            and {{ millwright.valid_at('holders', 'visible.snapshot_at') }}
    left join customers_by_email
        on
            visible.account_number is null
            and visible.email = customers_by_email.email
            and visible.snapshot_at = customers_by_email.snapshot_at

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        max(known_at) as known_at,
        max(opened_at) as last_opened_at,
        count(*) as n_tickets,
        {%- for window in [30, 90, 365] %}
        count(case when opened_at >= snapshot_at - interval '{{ window }}' day then 1 end) as n_tickets_{{ window }}d,
        {%- endfor %}
        count(case when closed_at is null then 1 end) as n_open_tickets,
        count(case when priority = 'high' then 1 end) as n_high_priority_tickets,
        count(distinct topic) as n_ticket_topics,
        sum(satisfaction) as satisfaction_sum,
        count(satisfaction) as n_satisfactions
    from attributed
    where customer_id is not null
    group by
        customer_id,
        snapshot_at

),

final as (

    select
        customer_id,
        snapshot_at as event_at,
        known_at,
        n_tickets,
        n_tickets_30d,
        n_tickets_90d,
        n_tickets_365d,
        n_open_tickets,
        n_high_priority_tickets,
        n_ticket_topics,
        cast({{ dbt.datediff('last_opened_at', 'snapshot_at', 'day') }} as bigint) as days_since_last_ticket,
        {{ millwright.safe_divide('satisfaction_sum', 'n_satisfactions') }} as satisfaction_mean
    from aggregated

)

select * from final
