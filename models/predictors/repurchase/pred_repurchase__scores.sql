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
        in_force.share_from,
        in_force.share_until,
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

scores as (

    {{ millwright.logistic_scores(
        'examples',
        'versions',
        'examples.snapshot_at = versions.snapshot_at and ' ~ millwright.is_served_by('examples.customer_id'),
        ref('pred_repurchase__parameters'),
        features,
        var('task_classes')['repurchase']
    ) | indent(4) }}

),

final as (

    select
        scores.model_name,
        scores.model_version,
        scores.entity_id,
        scores.event_at,
        scores.known_at,
        scores.score,
        scores.predicted_class,
        splits.data_split
    from scores
    left join splits
        on scores.entity_id = splits.customer_id

)

select * from final
