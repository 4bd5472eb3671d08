with

deliveries as (

    select * from {{ ref('stg_shop__purchases') }}
    {%- if is_incremental() %}
    where known_at > {{ millwright.watermark('known_at') }} - interval '{{ var("late_load_days") }}' day
    {%- endif %}

),

customers as (

    select
        source_record_id as account_number,
        customer_id
    from {{ ref('customer_crosswalk') }}
    where
        source_system = 'shop'
        and is_current

),

first_deliveries as (

    {{ millwright.deduplicate(
        'deliveries',
        partition_by=['line_number'],
        order_by=['known_at', 'account_number', 'event_at', 'quantity', 'amount'],
        null_keys='dropped'
    ) }}

),

delivered as (

    select
        'shop-' || cast(line_number as {{ dbt.type_string() }}) as transaction_id,
        account_number,
        event_at,
        known_at,
        quantity,
        cast(amount as numeric(18, 2)) as amount
    from first_deliveries

),
{%- if is_incremental() %}

held as (

    select * from {{ this }}

),

lines as (

    select * from delivered
    where not exists (
        select 1
        from held
        where held.transaction_id = delivered.transaction_id
    )

    union all

    -- Lines whose customer was merged or split since they were written.
    select
        held.transaction_id,
        held.account_number,
        held.event_at,
        held.known_at,
        held.quantity,
        held.amount
    from held
    inner join customers
        on held.account_number = customers.account_number
    where held.customer_id <> customers.customer_id

),
{%- else %}

lines as (

    select * from delivered

),
{%- endif %}

final as (

    select
        lines.transaction_id,
        lines.account_number,
        customers.customer_id,
        lines.event_at,
        lines.known_at,
        lines.quantity,
        lines.amount
    from lines
    inner join customers
        on lines.account_number = customers.account_number

)

select * from final
