{%- set horizon = "interval '" ~ var('lifetime_value_short_horizon_days') ~ "' day" -%}
{%- set maturity = "interval '" ~ (var('lifetime_value_short_horizon_days') + var('label_grace_days')) ~ "' day" -%}

with

due as (

    select
        trained_at as snapshot_at,
        trained_at + {{ horizon }} as horizon_ends_at,
        trained_at + {{ maturity }} as known_at
    from {{ ref('train_lifetime_value__schedule') }}
    where trained_at + {{ maturity }} <= {{ millwright.as_of() }}

),

spine as (

    select
        summaries.customer_id,
        summaries.snapshot_at,
        due.horizon_ends_at,
        due.known_at
    from {{ ref('train_lifetime_value__summaries') }} as summaries
    inner join due
        on summaries.snapshot_at = due.snapshot_at
    {%- if is_incremental() %}
    where due.snapshot_at > {{ millwright.watermark('snapshot_at') }}
    {%- endif %}

),

transactions as (

    select * from {{ ref('fct_transactions_by_customer') }}

),

-- Purchases with the accounts that were theirs at the snapshot, as known when the outcome matured.
final as (

    select
        spine.customer_id,
        spine.snapshot_at,
        spine.horizon_ends_at,
        spine.known_at,
        count(distinct cast(transactions.event_at as date)) as n_purchase_days,
        cast(coalesce(sum(transactions.amount), 0) as numeric(18, 2)) as amount
    from spine
    left join transactions
        on
            spine.customer_id = transactions.customer_id
            and {{ millwright.valid_at('transactions', 'spine.snapshot_at') }}
            and transactions.event_at >= spine.snapshot_at
            and transactions.event_at < spine.horizon_ends_at
            and transactions.known_at <= spine.known_at
    group by
        spine.customer_id,
        spine.snapshot_at,
        spine.horizon_ends_at,
        spine.known_at

)

select * from final
