with

deliveries as (

    select * from {{ ref('base_support__tickets') }}
    where rejection_reason is null

),

final as (

    select
        trim(both ' ' from ticket_id) as ticket_id,
        {{ millwright.blank_to_null('account_number') }} as account_number,
        lower({{ millwright.blank_to_null('email') }}) as email,
        opened_at_parsed as opened_at,
        closed_at_parsed as closed_at,
        topic,
        priority,
        satisfaction_parsed as satisfaction,
        {{ millwright.known_at('loaded_at', 'coalesce(closed_at_parsed, opened_at_parsed)') }} as known_at
    from deliveries

)

select * from final
