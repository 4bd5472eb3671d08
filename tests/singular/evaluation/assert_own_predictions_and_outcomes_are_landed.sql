with

own as (

    select
        'prediction' as kind,
        scores.model_name,
        scores.prediction_id as record_id
    from {{ ref('pred_repurchase__scores') }} as scores
    left join {{ ref('stg_ops__predictions') }} as landed
        on
            scores.model_name = landed.model_name
            and scores.prediction_id = landed.prediction_id
    where landed.prediction_id is null

    union all

    select
        'outcome' as kind,
        outcomes.model_name,
        outcomes.outcome_id as record_id
    from {{ ref('pred_repurchase__outcomes') }} as outcomes
    left join {{ ref('stg_ops__outcomes') }} as landed
        on
            outcomes.model_name = landed.model_name
            and outcomes.outcome_id = landed.outcome_id
    where landed.outcome_id is null

)

select * from own
