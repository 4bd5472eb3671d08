{%- set grains = {'month': 'monthly', 'quarter': 'quarterly', 'year': 'yearly'} -%}

with

days as (

    select
        *,
        {{ dbt.date_trunc('month', 'event_on') }} as month_at
    from {{ ref('fct_customer_days_by_snapshot') }}
    where {{ millwright.in_batch('snapshot_at') }}

),

-- Quarters and years consist of whole months.
months as (

    select
        customer_id,
        snapshot_at,
        month_at,
        min(event_on) as first_purchase_on,
        max(known_at) as known_at,
        sum(amount_sum) as amount
    from days
    group by
        customer_id,
        snapshot_at,
        month_at

),

customers as (

    select
        customer_id,
        snapshot_at,
        min(first_purchase_on) as first_purchase_on,
        max(known_at) as known_at
    from months
    group by
        customer_id,
        snapshot_at

),
{%- for grain, theme in grains.items() %}
{#- numeric(18, 2), so that the square cannot overflow. #}

{{ grain }}_amounts as (

    select
        customer_id,
        snapshot_at,
        cast(sum(amount) as numeric(18, 2)) as amount
    from months
    where month_at < {{ dbt.date_trunc(grain, 'snapshot_at') }}
    group by
        customer_id,
        snapshot_at,
        {{ dbt.date_trunc(grain, 'month_at') }}

),

{{ theme }} as (

    select
        customer_id,
        snapshot_at,
        sum(amount) as {{ theme }}_amount,
        sum(amount * amount) as {{ theme }}_squares
    from {{ grain }}_amounts
    group by
        customer_id,
        snapshot_at

),
{%- endfor %}

merged as (

    {{ millwright.merge_feature_sets(
        {'customers': 'customers', 'monthly': 'monthly', 'quarterly': 'quarterly', 'yearly': 'yearly'},
        keys=['customer_id', 'snapshot_at'],
        columns={
            'customers': ['first_purchase_on', 'known_at'],
            'monthly': ['monthly_amount', 'monthly_squares'],
            'quarterly': ['quarterly_amount', 'quarterly_squares'],
            'yearly': ['yearly_amount', 'yearly_squares'],
        },
        assume_unique=true
    ) }}

),

-- Periods without a purchase add nothing to either sum.
spread as (

    select
        customer_id,
        snapshot_at,
        {%- for grain, theme in grains.items() %}
        {{ theme }}_amount,
        {{ theme }}_squares,
        cast(
            {{ dbt.datediff(dbt.date_trunc(grain, 'first_purchase_on'), dbt.date_trunc(grain, 'snapshot_at'), grain) }} as bigint
        ) as n_{{ grain }}s,
        {%- endfor %}
        known_at
    from merged

),

measured as (

    select
        customer_id,
        snapshot_at,
        {%- for grain, theme in grains.items() %}
        n_{{ grain }}s,
        {{ millwright.safe_divide(theme ~ '_amount', 'n_' ~ grain ~ 's') }} as {{ theme }}_amount_mean,
        {{ millwright.standard_deviation('n_' ~ grain ~ 's', theme ~ '_amount', theme ~ '_squares') }} as {{ theme }}_amount_volatility,
        {%- endfor %}
        known_at
    from spread

),

final as (

    select
        customer_id,
        snapshot_at as event_at,
        known_at,
        n_months,
        monthly_amount_mean,
        monthly_amount_volatility,
        {{ millwright.safe_divide('monthly_amount_volatility', 'monthly_amount_mean') }} as monthly_amount_variation,
        n_quarters,
        quarterly_amount_mean,
        quarterly_amount_volatility,
        {{ millwright.safe_divide('quarterly_amount_volatility', 'quarterly_amount_mean') }} as quarterly_amount_variation,
        n_years,
        yearly_amount_mean,
        yearly_amount_volatility,
        {{ millwright.safe_divide('yearly_amount_volatility', 'yearly_amount_mean') }} as yearly_amount_variation
    from measured

)

select * from final
