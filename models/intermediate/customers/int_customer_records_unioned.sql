with

crm_records as (

    {{ millwright.deduplicate(
        ref('stg_crm__customers'),
        partition_by=['crm_id'],
        order_by=['event_at desc', 'known_at desc', 'email', 'phone', 'street', 'surname', 'given_name']
    ) }}

),

marketing_records as (

    {{ millwright.deduplicate(
        ref('stg_marketing__contacts'),
        partition_by=['contact_id'],
        order_by=['event_at desc', 'known_at desc', 'email', 'city', 'surname', 'given_name']
    ) }}

),

erp_records as (

    {{ millwright.deduplicate(
        ref('stg_erp__customers'),
        partition_by=['customer_no'],
        order_by=['event_at desc', 'known_at desc', 'email', 'phone', 'street', 'surname', 'given_name']
    ) }}

),

final as (

    select
        'crm' as source_system,
        crm_id as source_record_id,
        account_number,
        email,
        phone,
        given_name,
        surname,
        birth_on,
        street,
        postcode,
        city,
        state,
        event_at,
        known_at
    from crm_records

    union all

    select
        'marketing' as source_system,
        contact_id as source_record_id,
        null as account_number,
        email,
        null as phone,
        given_name,
        surname,
        null as birth_on,
        null as street,
        postcode,
        city,
        null as state,
        event_at,
        known_at
    from marketing_records

    union all

    select
        'erp' as source_system,
        customer_no as source_record_id,
        account_number,
        email,
        phone,
        given_name,
        surname,
        null as birth_on,
        street,
        postcode,
        city,
        null as state,
        event_at,
        known_at
    from erp_records

)

select * from final
