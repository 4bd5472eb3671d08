-- Predictions and outcomes reach the landing tables while these run:
-- depends_on: {{ ref('pred_repurchase__scores') }}
-- depends_on: {{ ref('pred_repurchase__outcomes') }}

with

predictions as (

    {{ millwright.deduplicate(
        ref('stg_ops__predictions'),
        partition_by=['model_name', 'prediction_id'],
        order_by=[
            'known_at',
            'event_at',
            millwright.bytewise("concat_ws('|', model_version, entity_id, predicted_class, data_split)"),
            'score',
        ]
    ) }}

),

newest_outcomes as (

    {{ millwright.deduplicate(
        ref('stg_ops__outcomes'),
        partition_by=['model_name', 'prediction_id'],
        order_by=['known_at desc', 'event_at desc', millwright.bytewise("concat_ws('|', outcome_id, actual_class)")]
    ) }}

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        predictions.entity_id,
        predictions.event_at,
        predictions.known_at,
        predictions.score,
        predictions.predicted_class,
        predictions.data_split,
        newest_outcomes.actual_class,
        newest_outcomes.known_at as outcome_known_at
    from predictions
    left join newest_outcomes
        on
            predictions.model_name = newest_outcomes.model_name
            and predictions.prediction_id = newest_outcomes.prediction_id

)

select * from final
