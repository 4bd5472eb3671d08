with

own as (

    select
        'prediction' as kind,
        predictions.model_name,
        predictions.prediction_id as record_id
    from {{ ref('pred_customer__predictions') }} as predictions
    left join {{ ref('stg_ops__predictions') }} as landed
        on
            predictions.model_name = landed.model_name
            and predictions.prediction_id = landed.prediction_id
    where landed.prediction_id is null

    union all

    select
        'outcome' as kind,
        outcomes.model_name,
        outcomes.outcome_id as record_id
    from {{ ref('pred_customer__outcomes') }} as outcomes
    left join {{ ref('stg_ops__outcomes') }} as landed
        on
            outcomes.model_name = landed.model_name
            and outcomes.outcome_id = landed.outcome_id
    where landed.outcome_id is null

)

select * from own
