with

deliveries as (

    select * from {{ ref('base_erp__customers') }}
    where rejection_reason is null

),

final as (

    select
        trim(both ' ' from customer_no) as customer_no,
        {{ millwright.blank_to_null('account_number') }} as account_number,
        lower({{ millwright.blank_to_null('email') }}) as email,
        {{ millwright.blank_to_null("split_part(full_name, ',', 2)") }} as given_name,
        {{ millwright.blank_to_null("split_part(full_name, ',', 1)") }} as surname,
        {{ millwright.blank_to_null('phone') }} as phone,
        {{ millwright.blank_to_null('street') }} as street,
        {{ millwright.blank_to_null('city') }} as city,
        {{ millwright.blank_to_null('postcode') }} as postcode,
        cast(changed_on_parsed as timestamp) as event_at,
        {{ millwright.known_at('loaded_at', 'cast(changed_on_parsed as timestamp)') }} as known_at
    from deliveries

)

select * from final
