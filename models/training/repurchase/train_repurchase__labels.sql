{%- set horizon = "interval '" ~ var('repurchase_horizon_days') ~ "' day" -%}
{%- set maturity = "interval '" ~ (var('repurchase_horizon_days') + var('label_grace_days')) ~ "' day" -%}

with

spine as (

    select
        customer_id,
        event_at as snapshot_at,
        event_at + {{ horizon }} as horizon_ends_at,
        event_at + {{ maturity }} as matures_at
    from {{ ref('feat_customer__rfm') }}
    where event_at + {{ maturity }} <= {{ millwright.as_of() }}

),

transactions as (

    select * from {{ ref('fct_transactions_by_customer') }}

),

due as (

    select * from spine
    {%- if is_incremental() %}
    where matures_at > {{ millwright.watermark('label_known_at') }}

    union all

    select * from spine
    where
        matures_at <= {{ millwright.watermark('label_known_at') }}
        and exists (
            select 1
            from transactions
            where
                transactions.customer_id = spine.customer_id
                and {{ millwright.valid_at('transactions', 'spine.snapshot_at') }}
                and transactions.event_at >= spine.snapshot_at
                and transactions.event_at < spine.horizon_ends_at
                and transactions.known_at > {{ millwright.watermark('label_known_at') }}
        )
    {%- endif %}

),

repurchases as (

    select
        due.customer_id,
        due.snapshot_at,
        due.horizon_ends_at,
        due.matures_at,
        min(transactions.known_at) as first_known_at
    from due
    left join transactions
        on
            due.customer_id = transactions.customer_id
            and {{ millwright.valid_at('transactions', 'due.snapshot_at') }}
            and transactions.event_at >= due.snapshot_at
            and transactions.event_at < due.horizon_ends_at
    group by
        due.customer_id,
        due.snapshot_at,
        due.horizon_ends_at,
        due.matures_at

),

-- Revision 1 says what was known when the label matured; revision 2 corrects a "no" when a purchase is delivered later than that.
revisions as (

    select
        customer_id,
        snapshot_at,
        1 as label_revision,
        coalesce(first_known_at <= matures_at, false) as has_repurchased,
        horizon_ends_at,
        matures_at as label_known_at
    from repurchases

    union all

    select
        customer_id,
        snapshot_at,
        2 as label_revision,
        true as has_repurchased,
        horizon_ends_at,
        first_known_at as label_known_at
    from repurchases
    where first_known_at > matures_at

),

final as (

    select
        customer_id,
        snapshot_at,
        label_revision,
        case when has_repurchased then 'repurchase' else 'no_repurchase' end as label,
        horizon_ends_at,
        label_known_at
    from revisions
    {%- if is_incremental() %}
    where label_known_at > {{ millwright.watermark('label_known_at') }}
    {%- endif %}

)

select * from final
