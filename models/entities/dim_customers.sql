{%- set field_groups = millwright.customer_field_groups() -%}

with

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

pins as (

    select * from {{ ref('int_customer_pins_resolved') }}

),

-- What a customer is made from, as numbers whose sum changes when any of it does.
ingredients as (

    select
        customer_id,
        source_system,
        source_system = 'shop' or not is_deleted as is_alive,
        first_known_at,
        {{ millwright.hex_to_integer('substr(' ~ millwright.row_hash(
            [
                'record_key', 'content_hash', 'is_deleted', 'priority', "case when source_system <> 'shop' then event_at end",
                'first_known_at', "case when source_system <> 'shop' then known_at end"
            ]
        ) ~ ', 1, 12)') }} as fingerprint
    from records

    union all

    select
        customer_id,
        null as source_system,
        null as is_alive,
        null as first_known_at,
        {{ millwright.hex_to_integer('substr(' ~ millwright.row_hash(['column_name', 'value']) ~ ', 1, 12)') }} as fingerprint
    from pins

),

all_customers as (

    select
        customer_id,
        count(case when source_system <> 'shop' then 1 end) as n_source_records,
        count(case when source_system = 'shop' then 1 end) as n_accounts,
        count(case when is_alive then 1 end) = 0 as is_deleted,
        min(first_known_at) as first_known_at,
        cast(sum(fingerprint) as bigint) as input_hash
    from ingredients
    group by customer_id

),

customers as (

    select *
    from all_customers
    {%- if is_incremental() %}
    where not exists (
        select 1
        from {{ this }} as held
        where
            held.customer_id = all_customers.customer_id
            and held.input_hash = all_customers.input_hash
    )
    {%- endif %}

),

candidates as (

    select *
    from records
    where not is_deleted
    {%- if is_incremental() %}
        and customer_id in (select customers.customer_id from customers)
    {%- endif %}

),

merged as (

    {{ millwright.merge_by_priority(
        'candidates',
        key=['customer_id'],
        field_groups=field_groups,
        record_key=['source_system', 'source_record_id'],
        recency=['event_at', 'known_at'],
        priority='priority'
    ) }}

),

pinned as (

    select
        {%- for group, fields in field_groups.items() %}
        {%- for field in fields %}
        max(case when column_name = '{{ field }}' then value end) as {{ field }},
        {%- endfor %}
        max(case when field_group = '{{ group }}' then 'steward' end) as {{ group }}_source,
        {%- endfor %}
        customer_id
    from pins
    group by customer_id

),

final as (

    select
        customers.customer_id,
        coalesce(pinned.given_name, merged.given_name) as given_name,
        coalesce(pinned.surname, merged.surname) as surname,
        coalesce({{ millwright.parse_date('pinned.birth_on') }}, merged.birth_on) as birth_on,
        coalesce(pinned.name_source, merged.name_source_system) as name_source,
        coalesce(pinned.street, merged.street) as street,
        coalesce(pinned.postcode, merged.postcode) as postcode,
        coalesce(pinned.city, merged.city) as city,
        coalesce(pinned.state, merged.state) as state,
        coalesce(pinned.address_source, merged.address_source_system) as address_source,
        coalesce(pinned.email, merged.email) as email,
        coalesce(pinned.phone, merged.phone) as phone,
        coalesce(pinned.contact_source, merged.contact_source_system) as contact_source,
        customers.n_source_records,
        customers.n_accounts,
        customers.is_deleted,
        customers.first_known_at,
        customers.input_hash
    from customers
    left join merged
        on customers.customer_id = merged.customer_id
    left join pinned
        on customers.customer_id = pinned.customer_id

)

select * from final
