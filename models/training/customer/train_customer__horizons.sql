{#- The horizon in three equal parts; the last one ends where the horizon does. -#}
{%- set part_days = var('label_horizon_days') // 3 -%}

with

spine as (

    select * from {{ ref('train_customer__spine') }}
    where is_mature

),

transactions as (

    select * from {{ ref('fct_transactions_by_customer') }}

),

-- Horizons that matured since the last run, and older ones that a purchase was delivered for since then.
due as (

    select * from spine
    {%- if is_incremental() %}
    where matures_at > {{ millwright.watermark('known_at') }}

    union all

    select * from spine
    where
        matures_at <= {{ millwright.watermark('known_at') }}
        and exists (
            select 1
            from transactions
            where
                transactions.customer_id = spine.customer_id
                and {{ millwright.valid_at('transactions', 'spine.snapshot_at') }}
                and transactions.event_at >= spine.snapshot_at
                and transactions.event_at < spine.horizon_ends_at
                and transactions.known_at > {{ millwright.watermark('known_at') }}
        )
    {%- endif %}

),

-- What each moment added to what was known: first of all what was known when the horizon matured, be it nothing.
additions as (

    select
        customer_id,
        snapshot_at,
        horizon_ends_at,
        matures_at as known_at,
        0 as n_purchases_1,
        0 as n_purchases_2,
        0 as n_purchases_3,
        cast(0 as numeric(18, 2)) as amount
    from due

    union all

    select
        due.customer_id,
        due.snapshot_at,
        due.horizon_ends_at,
        greatest(transactions.known_at, due.matures_at) as known_at,
        case when transactions.event_at < due.snapshot_at + interval '{{ part_days }}' day then 1 else 0 end as n_purchases_1,
        case
            when
                transactions.event_at >= due.snapshot_at + interval '{{ part_days }}' day
                and transactions.event_at < due.snapshot_at + interval '{{ 2 * part_days }}' day
                then 1
            else 0
        end as n_purchases_2,
        case when transactions.event_at >= due.snapshot_at + interval '{{ 2 * part_days }}' day then 1 else 0 end as n_purchases_3,
        transactions.amount
    from due
    inner join transactions
        on
            due.customer_id = transactions.customer_id
            and {{ millwright.valid_at('transactions', 'due.snapshot_at') }}
            and transactions.event_at >= due.snapshot_at
            and transactions.event_at < due.horizon_ends_at

),

added as (

    select
        customer_id,
        snapshot_at,
        horizon_ends_at,
        known_at,
        sum(n_purchases_1) as n_purchases_1,
        sum(n_purchases_2) as n_purchases_2,
        sum(n_purchases_3) as n_purchases_3,
        sum(amount) as amount
    from additions
    group by
        customer_id,
        snapshot_at,
        horizon_ends_at,
        known_at

),

revisions as (

    select
        customer_id,
        snapshot_at,
        horizon_ends_at,
        known_at,
        row_number() over so_far as revision,
        {%- for part in [1, 2, 3] %}
        cast(sum(n_purchases_{{ part }}) over so_far as bigint) as n_purchases_{{ part }},
        cast(sum(n_purchases_{{ part }}) over so_far - n_purchases_{{ part }} as bigint) as previous_n_purchases_{{ part }},
        {%- endfor %}
        cast(sum(amount) over so_far as numeric(18, 2)) as amount,
        cast(sum(amount) over so_far - amount as numeric(18, 2)) as previous_amount
    from added
    window so_far as (
        partition by customer_id, snapshot_at
        order by known_at
        rows between unbounded preceding and current row
    )

),

final as (

    select
        customer_id,
        snapshot_at,
        horizon_ends_at,
        revision,
        known_at,
        n_purchases_1,
        n_purchases_2,
        n_purchases_3,
        amount,
        case when revision > 1 then previous_n_purchases_1 end as previous_n_purchases_1,
        case when revision > 1 then previous_n_purchases_2 end as previous_n_purchases_2,
        case when revision > 1 then previous_n_purchases_3 end as previous_n_purchases_3,
        cast(case when revision > 1 then previous_amount end as numeric(18, 2)) as previous_amount
    from revisions
    {%- if is_incremental() %}
    where known_at > {{ millwright.watermark('known_at') }}
    {%- endif %}

)

select * from final
