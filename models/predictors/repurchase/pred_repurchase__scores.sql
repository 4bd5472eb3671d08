{%- set features = var('example_features').values() | sum(start=[]) -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

versions as (

    select
        in_force.snapshot_at,
        fitted.*
    from {{ ref('train_customer__versions_in_force') }} as in_force
    inner join {{ ref('pred_repurchase__versions') }} as fitted
        on
            in_force.model_name = fitted.model_name
            and in_force.model_version = fitted.model_version

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

fitted as (

    {{ millwright.fitted_linear(ref('pred_repurchase__parameters'), features, outputs=[none]) }}

),

log_odds as (

    select
        examples.customer_id,
        examples.snapshot_at,
        versions.model_name,
        versions.model_version,
        versions.decision_threshold,
        {{ millwright.linear_predictor(features) }} as log_odds
    from examples
    inner join versions
        on examples.snapshot_at = versions.snapshot_at
    inner join fitted
        on versions.model_version = fitted.model_version

),

scored as (

    select
        *,
        {{ millwright.logistic('log_odds') }} as score
    from log_odds

),

final as (

    select
        scored.model_name,
        scored.model_version,
        scored.customer_id as entity_id,
        scored.snapshot_at as event_at,
        scored.snapshot_at as known_at,
        scored.score,
        case when scored.score >= scored.decision_threshold then 'repurchase' else 'no_repurchase' end as predicted_class,
        splits.data_split
    from scored
    left join splits
        on scored.customer_id = splits.customer_id

)

select * from final
