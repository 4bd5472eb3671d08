-- depends_on: {{ ref('data_quality_rules') }}
with

deliveries as (

    select * from {{ ref('base_shop__purchases') }}
    where rejection_reason is null

),

final as (

    select
        line_number_parsed as line_number,
        trim(both ' ' from account_number) as account_number,
        cast(purchased_on_parsed as timestamp) as event_at,
        {{ millwright.known_at('loaded_at', 'cast(purchased_on_parsed as timestamp)') }} as known_at,
        quantity_parsed as quantity,
        amount_parsed as amount
    from deliveries

)

select * from final
