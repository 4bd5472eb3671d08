with

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

assigned as (

    {{ millwright.deduplicate(
        ref('stg_ops__customer_assignments'),
        partition_by=['record_key'],
        order_by=['known_at desc', 'revision desc']
    ) }}

),

compared as (

    select
        records.*,
        assigned.customer_id as previous_customer_id,
        assigned.known_at as previously_known_at,
        cast(coalesce(assigned.revision, 0) + 1 as integer) as revision
    from records
    left join assigned
        on records.record_key = assigned.record_key

),

-- A record belongs to its first customer from the moment that it was known, to any later one from the night that found out. A night that is
-- run again may decide otherwise about records that it met first.
final as (

    select
        {{ millwright.row_hash(['record_key', 'customer_id', millwright.as_of(), 'revision']) }} as assignment_id,
        record_key,
        source_system,
        source_record_id,
        revision,
        customer_id,
        previous_customer_id,
        link_rule,
        case
            when revision = 1 then first_known_at
            when revision = 2 and previously_known_at = {{ millwright.as_of() }} then first_known_at
            else {{ millwright.as_of() }}
        end as event_at,
        {{ millwright.as_of() }} as known_at
    from compared
    where
        previous_customer_id is null
        or previous_customer_id <> customer_id

)

select * from final
