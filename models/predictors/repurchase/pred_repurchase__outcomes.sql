with

scores as (

    select * from {{ ref('pred_repurchase__scores') }}

),

labels as (

    select * from {{ ref('train_repurchase__labels') }}
    {%- if is_incremental() %}
    where label_known_at > {{ millwright.watermark('known_at') }}
    {%- endif %}

),

final as (

    select
        md5(scores.prediction_id || ':' || cast(labels.label_revision as {{ dbt.type_string() }})) as outcome_id,
        scores.prediction_id,
        scores.model_name,
        labels.horizon_ends_at as event_at,
        labels.label_known_at as known_at,
        labels.label as actual_class
    from scores
    inner join labels
        on
            scores.entity_id = labels.customer_id
            and scores.event_at = labels.snapshot_at

)

select * from final
