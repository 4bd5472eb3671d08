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

-- A record belongs to its first customer from the moment that it was known, to any later one from the night that found out. A night that is
-- run again may decide otherwise about records that it met first.
final as (

    select
        md5(
            records.record_key || '|' || records.customer_id || '|'
            || cast({{ millwright.as_of() }} as {{ dbt.type_string() }}) || '|' || cast(coalesce(assigned.revision, 0) + 1 as {{ dbt.type_string() }})
        ) as assignment_id,
        records.record_key,
        records.source_system,
        records.source_record_id,
        cast(coalesce(assigned.revision, 0) + 1 as integer) as revision,
        records.customer_id,
        assigned.customer_id as previous_customer_id,
        records.link_rule,
        case
            when assigned.record_key is null then records.first_known_at
            when assigned.revision = 1 and assigned.known_at = {{ millwright.as_of() }} then records.first_known_at
            else {{ millwright.as_of() }}
        end as event_at,
        {{ millwright.as_of() }} as known_at
    from records
    left join assigned
        on records.record_key = assigned.record_key
    where
        assigned.record_key is null
        or assigned.customer_id <> records.customer_id

)

select * from final
