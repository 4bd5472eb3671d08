with

transactions as (

    select * from {{ ref('fct_transactions') }}

),

accounts as (

    select
        source_record_id as account_number,
        customer_id,
        valid_from,
        valid_to
    from {{ ref('customer_crosswalk') }}
    where source_system = 'shop'

),

final as (

    select
        transactions.transaction_id,
        accounts.customer_id,
        accounts.valid_from,
        accounts.valid_to,
        transactions.account_number,
        transactions.event_at,
        transactions.known_at,
        transactions.quantity,
        transactions.amount
    from transactions
    inner join accounts
        on transactions.account_number = accounts.account_number

)

select * from final
