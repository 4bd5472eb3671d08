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

hashed as (

    select
        customer_id,
        assigned_at,
        {{ millwright.hash_fraction('customer_id', salt=var('repurchase_split_salt')) }} as split_fraction
    from new_customers

),

final as (

    select
        customer_id,
        assigned_at,
        case
            when split_fraction < {{ var('train_share') }} then 'train'
            when split_fraction < {{ var('train_share') + var('valid_share') }} then 'valid'
            else 'test'
        end as data_split
    from hashed

)

select * from final
