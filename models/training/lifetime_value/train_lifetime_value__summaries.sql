with

months as (

    select
        snapshot_at,
        coalesce({{ dbt.date_trunc('month', 'previous_snapshot_at') }} < {{ dbt.date_trunc('month', 'snapshot_at') }}, true) as is_first
    from {{ ref('int_snapshots') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('snapshot_at') }}
    {%- endif %}

),

customer_days as (

    select customer_days.*
    from {{ ref('fct_customer_days_by_snapshot') }} as customer_days
    inner join months
        on customer_days.snapshot_at = months.snapshot_at
    where months.is_first

),

spans as (

    select
        customer_id,
        snapshot_at,
        min(event_on) as first_purchase_on,
        max(event_on) as last_purchase_on,
        max(known_at) as known_at,
        count(*) - 1 as n_repeat_days,
        sum(amount_sum) as amount_total
    from customer_days
    group by
        customer_id,
        snapshot_at

),

final as (

    select
        spans.customer_id,
        spans.snapshot_at,
        spans.known_at,
        spans.n_repeat_days,
        cast({{ dbt.datediff('spans.first_purchase_on', 'spans.last_purchase_on', 'day') }} as bigint) as active_span_days,
        cast({{ dbt.datediff('spans.first_purchase_on', 'spans.snapshot_at', 'day') }} as bigint) as tenure_days,
        cast(spans.amount_total - first_days.amount_sum as numeric(18, 2)) as repeat_amount
    from spans
    inner join customer_days as first_days
        on
            spans.customer_id = first_days.customer_id
            and spans.snapshot_at = first_days.snapshot_at
            and spans.first_purchase_on = first_days.event_on

)

select * from final
