with

deliveries as (

    select * from {{ ref('stg_shop__purchases') }}
    {%- if is_incremental() %}
    where known_at > {{ millwright.watermark('known_at') }}
    {%- endif %}

),

first_deliveries as (

    {{ millwright.deduplicate(
        'deliveries',
        partition_by=['line_number'],
        order_by=['known_at', 'account_number', 'event_at', 'quantity', 'amount']
    ) }}

),

final as (

    select
        'shop-' || cast(line_number as {{ dbt.type_string() }}) as transaction_id,
        'shop-' || account_number as customer_id,
        event_at,
        known_at,
        quantity,
        cast(amount as numeric(18, 2)) as amount
    from first_deliveries

)

select * from final
{%- if is_incremental() %}
where not exists (
    select 1
    from {{ this }} as held
    where held.transaction_id = final.transaction_id
)
{%- endif %}
