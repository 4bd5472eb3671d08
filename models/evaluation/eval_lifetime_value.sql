{%- set float8 = millwright.sql_type('float8') -%}

with

predictions as (

    select * from {{ ref('pred_lifetime_value__customers') }}

),

summaries as (

    select * from {{ ref('train_lifetime_value__summaries') }}

),

outcomes as (

    select * from {{ ref('train_lifetime_value__outcomes') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('snapshot_at') }}
    {%- endif %}

),

-- The naive rule: they go on buying as often, and spending as much, as they did from their first purchase day to the snapshot.
compared as (

    select
        predictions.model_version,
        outcomes.snapshot_at,
        outcomes.horizon_ends_at,
        outcomes.known_at,
        predictions.expected_purchase_days_short as expected_purchase_days,
        cast(summaries.n_repeat_days * {{ var('lifetime_value_short_horizon_days') }} as {{ float8 }}) / summaries.tenure_days
            as naive_purchase_days,
        outcomes.n_purchase_days,
        predictions.expected_amount_short as expected_amount,
        cast(summaries.repeat_amount * {{ var('lifetime_value_short_horizon_days') }} as {{ float8 }}) / summaries.tenure_days as naive_amount,
        outcomes.amount,
        ntile(10) over (
            partition by outcomes.snapshot_at
            order by predictions.expected_purchase_days_short desc, {{ millwright.bytewise('outcomes.customer_id') }}
        ) as decile
    from outcomes
    inner join predictions
        on
            outcomes.customer_id = predictions.customer_id
            and outcomes.snapshot_at = predictions.snapshot_at
    inner join summaries
        on
            outcomes.customer_id = summaries.customer_id
            and outcomes.snapshot_at = summaries.snapshot_at

),

deciles as (

    select
        model_version,
        snapshot_at,
        horizon_ends_at,
        known_at,
        decile,
        count(*) as n_customers,
        sum(expected_purchase_days) as expected_purchase_days,
        sum(naive_purchase_days) as naive_purchase_days,
        sum(n_purchase_days) as n_purchase_days,
        sum(abs(expected_purchase_days - n_purchase_days)) as purchase_days_error,
        sum(abs(naive_purchase_days - n_purchase_days)) as naive_purchase_days_error,
        sum(expected_amount) as expected_amount,
        sum(naive_amount) as naive_amount,
        sum(amount) as amount,
        sum(abs(expected_amount - cast(amount as {{ float8 }}))) as amount_error,
        sum(abs(naive_amount - cast(amount as {{ float8 }}))) as naive_amount_error
    from compared
    group by
        model_version,
        snapshot_at,
        horizon_ends_at,
        known_at,
        decile

),

segmented as (

    select
        'all' as segment,
        *
    from deciles

    union all

    select
        'decile=' || lpad(cast(decile as {{ dbt.type_string() }}), 2, '0') as segment,
        *
    from deciles

),

final as (

    select
        'lifetime_value' as model_name,
        model_version,
        snapshot_at,
        segment,
        horizon_ends_at,
        known_at,
        cast(sum(n_customers) as bigint) as n_customers,
        cast(sum(n_purchase_days) as bigint) as n_purchase_days,
        sum(expected_purchase_days) as expected_purchase_days,
        sum(naive_purchase_days) as naive_purchase_days,
        {{ millwright.safe_divide('sum(purchase_days_error)', 'sum(n_customers)') }} as purchase_days_mae,
        {{ millwright.safe_divide('sum(naive_purchase_days_error)', 'sum(n_customers)') }} as naive_purchase_days_mae,
        cast(sum(amount) as numeric(18, 2)) as amount,
        sum(expected_amount) as expected_amount,
        sum(naive_amount) as naive_amount,
        {{ millwright.safe_divide('sum(amount_error)', 'sum(n_customers)') }} as amount_mae,
        {{ millwright.safe_divide('sum(naive_amount_error)', 'sum(n_customers)') }} as naive_amount_mae
    from segmented
    group by
        model_version,
        snapshot_at,
        segment,
        horizon_ends_at,
        known_at

)

select * from final
