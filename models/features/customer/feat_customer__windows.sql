{%- set windows = [7, 30, 90, 365] -%}

with

snapshots as (

    select * from {{ ref('int_snapshots') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

days as (

    select * from {{ ref('fct_customer_days') }}

),

-- What was true before the snapshot and known by then. Customers whose last purchase lies before every window have zeros, which is something
-- else than no row.
visible as (

    select
        days.customer_id,
        snapshots.snapshot_at,
        days.valid_from,
        days.n_purchases,
        days.amount_sum,
        days.amount_squares,
        days.amount_max,
        {%- for window in windows %}
        days.event_on >= snapshots.snapshot_at - interval '{{ window }}' day as is_last_{{ window }}d{% if not loop.last %},{% endif %}
        {%- endfor %}
    from snapshots
    inner join days
        on
            days.event_on < snapshots.snapshot_at
            and {{ millwright.valid_at('days', 'snapshots.snapshot_at') }}

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        max(valid_from) as known_at,
        {%- for window in windows %}
        cast(coalesce(sum(case when is_last_{{ window }}d then n_purchases end), 0) as bigint) as n_purchases_{{ window }}d,
        count(case when is_last_{{ window }}d then 1 end) as n_purchase_days_{{ window }}d,
        cast(coalesce(sum(case when is_last_{{ window }}d then amount_sum end), 0) as numeric(18, 2)) as amount_{{ window }}d,
        cast(sum(case when is_last_{{ window }}d then amount_squares end) as numeric(28, 4)) as amount_squares_{{ window }}d,
        cast(max(case when is_last_{{ window }}d then amount_max end) as numeric(18, 2)) as amount_max_{{ window }}d{% if not loop.last %},{% endif %}
        {%- endfor %}
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
        {%- for window in windows %}
        n_purchases_{{ window }}d,
        n_purchase_days_{{ window }}d,
        amount_{{ window }}d,
        amount_max_{{ window }}d,
        {{ millwright.safe_divide('amount_' ~ window ~ 'd', 'n_purchases_' ~ window ~ 'd') }} as amount_mean_{{ window }}d,
        {{ millwright.standard_deviation(
            'n_purchases_' ~ window ~ 'd', 'amount_' ~ window ~ 'd', 'amount_squares_' ~ window ~ 'd'
        ) }} as amount_stddev_{{ window }}d{% if not loop.last %},{% endif %}
        {%- endfor %}
    from aggregated

)

select * from final
