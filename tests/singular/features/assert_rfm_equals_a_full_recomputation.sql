{{ config(tags=['weekly']) }}

-- Past snapshots are never built again; this recomputes them all from the transactions, another way, and compares.
with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

transactions as (

    select * from {{ ref('fct_transactions_by_customer') }}

),

recomputed as (

    select
        transactions.customer_id,
        snapshots.snapshot_at,
        count(*) as n_purchases,
        sum(transactions.amount) as amount_total,
        count(distinct cast(transactions.event_at as date)) as n_purchase_days,
        min(transactions.event_at) as first_purchase_at,
        max(transactions.event_at) as last_purchase_at,
        max(transactions.known_at) as known_at
    from snapshots
    cross join transactions
    where
        transactions.known_at <= snapshots.snapshot_at
        and transactions.event_at < snapshots.snapshot_at
        and {{ millwright.valid_at('transactions', 'snapshots.snapshot_at') }}
    group by
        transactions.customer_id,
        snapshots.snapshot_at

)

select
    recomputed.customer_id,
    recomputed.snapshot_at,
    features.customer_id as feature_customer_id,
    features.event_at as feature_event_at
from recomputed
full outer join {{ ref('feat_customer__rfm') }} as features
    on
        recomputed.customer_id = features.customer_id
        and recomputed.snapshot_at = features.event_at
where
    recomputed.customer_id is null
    or features.customer_id is null
    or recomputed.n_purchases <> features.n_purchases
    or recomputed.amount_total <> features.amount_total
    or recomputed.n_purchase_days <> features.n_purchase_days
    or recomputed.known_at <> features.known_at
    or recomputed.first_purchase_at + features.tenure_days * interval '1' day <> recomputed.snapshot_at
    or recomputed.last_purchase_at + features.recency_days * interval '1' day <> recomputed.snapshot_at
