with

customers as (

    select
        customer_id,
        min(event_at) as assigned_at
    from {{ ref('feat_customer__rfm') }}
    group by customer_id

),

new_customers as (

    select * from customers
    {%- if is_incremental() %}
    where not exists (
        select 1
        from {{ this }} as assigned
        where assigned.customer_id = customers.customer_id
    )
    {%- endif %}

),

final as (

    select
        customer_id,
        assigned_at,
        {{ millwright.split_by_hash('customer_id', var('split_shares'), salt=var('split_salt')) }} as data_split
    from new_customers

)

select * from final
