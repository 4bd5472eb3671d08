with

summaries as (

    select * from {{ ref('train_lifetime_value__summaries') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('snapshot_at') }}
    {%- endif %}

),

expectations as (

    select * from {{ ref('pred_lifetime_value__expectations') }}

),

versions as (

    select * from {{ ref('pred_lifetime_value__versions') }}

),

-- Gamma-Gamma's expectation lies between the customer's own mean and that of all, nearer to their own the more days it is of.
expected as (

    select
        summaries.customer_id,
        summaries.snapshot_at,
        expectations.model_version,
        expectations.alive_probability,
        expectations.expected_purchase_days_short,
        expectations.expected_purchase_days_long,
        expectations.discounted_purchase_days_long,
        versions.spend_p * (versions.spend_gamma + cast(summaries.repeat_amount as {{ millwright.sql_type('float8') }}))
        / (versions.spend_p * summaries.n_repeat_days + versions.spend_q - 1) as expected_amount_per_purchase_day
    from summaries
    inner join expectations
        on
            summaries.snapshot_at = expectations.snapshot_at
            and summaries.n_repeat_days = expectations.n_repeat_days
            and summaries.active_span_days = expectations.active_span_days
            and summaries.tenure_days = expectations.tenure_days
    inner join versions
        on expectations.model_version = versions.model_version

),

final as (

    select
        customer_id,
        snapshot_at,
        model_version,
        alive_probability,
        expected_purchase_days_short,
        expected_purchase_days_long,
        expected_amount_per_purchase_day,
        expected_purchase_days_short * expected_amount_per_purchase_day as expected_amount_short,
        expected_purchase_days_long * expected_amount_per_purchase_day as expected_amount_long,
        discounted_purchase_days_long * expected_amount_per_purchase_day as present_value_long
    from expected

)

select * from final
