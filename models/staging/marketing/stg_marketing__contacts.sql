with

deliveries as (

    select * from {{ ref('base_marketing__contacts') }}
    where rejection_reason is null

),

final as (

    select
        trim(both ' ' from contact_id) as contact_id,
        lower(trim(both ' ' from email)) as email,
        {{ millwright.blank_to_null('first_name') }} as given_name,
        {{ millwright.blank_to_null('last_name') }} as surname,
        {{ millwright.blank_to_null('city') }} as city,
        {{ millwright.blank_to_null('postcode') }} as postcode,
        lower(trim(both ' ' from newsletter)) = 'y' as has_newsletter,
        modified_at_parsed as event_at,
        {{ millwright.known_at('loaded_at', 'modified_at_parsed') }} as known_at
    from deliveries

)

select * from final
