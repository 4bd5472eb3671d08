with

customers as (

    select * from {{ ref('dim_customers') }}

),

final as (

    select
        customer_id,
        {{ millwright.masked_text('given_name') }} as given_name,
        {{ millwright.masked_text('surname') }} as surname,
        cast(extract(year from birth_on) as integer) as birth_year,
        name_source,
        {{ millwright.masked_text('street') }} as street,
        {{ millwright.masked_text('postcode') }} as postcode,
        city,
        state,
        address_source,
        {{ millwright.masked_text('email') }} as email,
        {{ millwright.masked_text('phone') }} as phone,
        contact_source,
        n_source_records,
        n_accounts,
        is_deleted,
        first_known_at
    from customers

)

select * from final
