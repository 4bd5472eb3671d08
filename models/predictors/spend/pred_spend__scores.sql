{%- set features = var('example_features').values() | sum(start=[]) -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

versions as (

    select * from {{ ref('train_customer__versions_in_force') }}
    where model_name = 'spend'

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

fitted as (

    {{ millwright.fitted_linear(ref('pred_spend__parameters'), features, outputs=[none]) }}

),

final as (

    select
        versions.model_name,
        versions.model_version,
        examples.customer_id as entity_id,
        examples.snapshot_at as event_at,
        splits.data_split,
        exp({{ millwright.linear_predictor(features, limited=true) }}) as expected_amount
    from examples
    inner join versions
        on
            examples.snapshot_at = versions.snapshot_at
            and {{ millwright.is_served_by('examples.customer_id') | indent(12) }}
    inner join fitted
        on versions.model_version = fitted.model_version
    left join splits
        on examples.customer_id = splits.customer_id

)

select * from final
