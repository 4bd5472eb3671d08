with

snapshots as (

    select * from {{ ref('int_snapshots') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

transactions as (

    select
        customer_id,
        valid_from,
        valid_to,
        event_at,
        known_at,
        amount,
        -- Snapshots fall on midnight, so whoever sees a day of purchases sees the one that was known first: days are counted by it.
        not has_several_accounts and row_number() over (
            partition by customer_id, cast(event_at as date)
            order by known_at, transaction_id
        ) = 1 as is_first_of_day,
        -- Accounts come and go with merges and splits, so the days of customers with several are counted one by one.
        case when has_several_accounts then cast(event_at as date) end as shared_day
    from {{ ref('fct_transactions_by_customer') }}

),

-- What was true before the snapshot and known by then, the customer's accounts included. Later knowledge never changes a row, so past
-- snapshots are never built again.
visible as (

    select
        transactions.customer_id,
        snapshots.snapshot_at,
        transactions.event_at,
        transactions.known_at,
        transactions.is_first_of_day,
        transactions.shared_day,
        transactions.amount,
        transactions.event_at >= snapshots.snapshot_at - interval '90' day as is_last_90d
    from snapshots
    inner join transactions
        on
            transactions.event_at < snapshots.snapshot_at
            and transactions.known_at <= snapshots.snapshot_at
            and {{ millwright.valid_at('transactions', 'snapshots.snapshot_at') }}

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        min(event_at) as first_purchase_at,
        max(event_at) as last_purchase_at,
        max(known_at) as known_at,
        count(*) as n_purchases,
        count(case when is_first_of_day then 1 end) + count(distinct shared_day) as n_purchase_days,
        count(case when is_first_of_day and is_last_90d then 1 end)
        + count(distinct case when is_last_90d then shared_day end) as n_purchase_days_90d,
        sum(amount) as amount_total,
        sum(case when is_last_90d then amount else 0 end) as amount_90d
    from visible
    group by
        customer_id,
        snapshot_at

),

final as (

    select
        customer_id,
        snapshot_at as event_at,
        known_at,
        cast({{ dbt.datediff('last_purchase_at', 'snapshot_at', 'day') }} as bigint) as recency_days,
        cast({{ dbt.datediff('first_purchase_at', 'snapshot_at', 'day') }} as bigint) as tenure_days,
        n_purchases,
        n_purchase_days,
        n_purchase_days_90d,
        cast(amount_total as numeric(18, 2)) as amount_total,
        cast(amount_90d as numeric(18, 2)) as amount_90d,
        {{ millwright.safe_divide('amount_total', 'n_purchase_days') }} as amount_per_purchase_day,
        ln(1 + cast({{ dbt.datediff('last_purchase_at', 'snapshot_at', 'day') }} as {{ millwright.sql_type('float8') }})) as log_recency_days,
        ln(cast(n_purchase_days as {{ millwright.sql_type('float8') }})) as log_n_purchase_days,
        ln(1 + cast(amount_total as {{ millwright.sql_type('float8') }})) as log_amount_total
    from aggregated

)

select * from final
