{%- set windows = [7, 30, 90, 365] -%}

with

days as (

    select * from {{ ref('fct_customer_days_by_snapshot') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

-- Customers whose last purchase lies before every window have zeros, which is something else than no row.
located as (

    select
        customer_id,
        snapshot_at,
        known_at,
        n_purchases,
        amount_sum,
        amount_squares,
        amount_max,
        {%- for window in windows %}
        event_on >= snapshot_at - interval '{{ window }}' day as is_last_{{ window }}d{% if not loop.last %},{% endif %}
        {%- endfor %}
    from days

),

aggregated as (

    select
        customer_id,
        snapshot_at,
        max(known_at) as known_at,
        {%- for window in windows %}
        cast(coalesce(sum(case when is_last_{{ window }}d then n_purchases end), 0) as bigint) as n_purchases_{{ window }}d,
        count(case when is_last_{{ window }}d then 1 end) as n_purchase_days_{{ window }}d,
        cast(coalesce(sum(case when is_last_{{ window }}d then amount_sum end), 0) as numeric(18, 2)) as amount_{{ window }}d,
        cast(sum(case when is_last_{{ window }}d then amount_squares end) as numeric(28, 4)) as amount_squares_{{ window }}d,
        cast(max(case when is_last_{{ window }}d then amount_max end) as numeric(18, 2)) as amount_max_{{ window }}d{% if not loop.last %},{% endif %}
        {%- endfor %}
    from located
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
