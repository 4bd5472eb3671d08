{%- set text_of_record = "concat_ws('|', account_number, email, phone, surname, given_name, street, postcode, city, state)" -%}

with

deliveries as (

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
    from {{ ref('stg_crm__customers') }}

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
    from {{ ref('stg_marketing__contacts') }}

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
    from {{ ref('stg_erp__customers') }}

),

dated as (

    select
        *,
        min(known_at) over (partition by source_system, source_record_id) as first_known_at
    from deliveries

),

-- The newest change wins, whenever it arrived; of changes at one moment the one that arrived last.
final as (

    {{ millwright.deduplicate(
        'dated',
        partition_by=['source_system', 'source_record_id'],
        order_by=['event_at desc', 'known_at desc', millwright.bytewise(text_of_record), 'birth_on']
    ) }}

)

select
    source_system,
    source_record_id,
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
    first_known_at,
    known_at
from final
