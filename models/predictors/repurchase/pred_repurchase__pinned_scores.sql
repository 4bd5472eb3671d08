{%- set features = var('example_features').values() | sum(start=[]) -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

versions as (

    select * from {{ ref('pred_repurchase__pinned_versions') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}
    where data_split = 'test'

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
        splits.data_split,
        {{ millwright.linear_predictor(features) }} as log_odds
    from examples
    inner join splits
        on examples.customer_id = splits.customer_id
    inner join versions
        on examples.snapshot_at >= versions.event_at
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
        model_name,
        model_version,
        customer_id as entity_id,
        snapshot_at as event_at,
        snapshot_at as known_at,
        score,
        case when score >= decision_threshold then 'repurchase' else 'no_repurchase' end as predicted_class,
        data_split
    from scored

)

select * from final
