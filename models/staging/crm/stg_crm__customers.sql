with

deliveries as (

    select * from {{ ref('base_crm__customers') }}
    where rejection_reason is null

),

final as (

    select
        trim(both ' ' from crm_id) as crm_id,
        {{ millwright.blank_to_null('account_number') }} as account_number,
        lower({{ millwright.blank_to_null('email') }}) as email,
        {{ millwright.blank_to_null('given_name') }} as given_name,
        {{ millwright.blank_to_null('surname') }} as surname,
        birth_on_parsed as birth_on,
        {{ millwright.blank_to_null('phone') }} as phone,
        {{ millwright.blank_to_null('street') }} as street,
        {{ millwright.blank_to_null('city') }} as city,
        {{ millwright.blank_to_null('postcode') }} as postcode,
        {{ millwright.blank_to_null('state') }} as state,
        deleted_at_parsed is not null as is_deleted,
        updated_at_parsed as event_at,
        {{ millwright.known_at('loaded_at', 'updated_at_parsed') }} as known_at
    from deliveries

)

select * from final
