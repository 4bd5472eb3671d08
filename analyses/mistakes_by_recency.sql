-- Where the current model errs: predictions of the newest evaluated version by how long ago the customer last bought.
with

versions as (

    select
        model_name,
        model_version
    from {{ ref('life_model_versions') }}
    where
        model_name = 'repurchase'
        and n_outcomes > 0
    order by trained_at desc
    limit 1

),

predictions as (

    select * from {{ ref('eval_predictions') }}
    where actual_class is not null

),

features as (

    select * from {{ ref('feat_customer__rfm') }}

)

select
    case
        when features.recency_days <= 30 then '0 to 30 days'
        when features.recency_days <= 90 then '31 to 90 days'
        when features.recency_days <= 180 then '91 to 180 days'
        else 'over 180 days'
    end as last_purchase,
    predictions.actual_class,
    predictions.predicted_class,
    count(*) as n,
    avg(predictions.score) as mean_score
from predictions
inner join versions
    on
        predictions.model_name = versions.model_name
        and predictions.model_version = versions.model_version
inner join features
    on
        predictions.entity_id = features.customer_id
        and predictions.event_at = features.event_at
group by
    case
        when features.recency_days <= 30 then '0 to 30 days'
        when features.recency_days <= 90 then '31 to 90 days'
        when features.recency_days <= 180 then '91 to 180 days'
        else 'over 180 days'
    end,
    predictions.actual_class,
    predictions.predicted_class
order by
    last_purchase,
    predictions.actual_class,
    predictions.predicted_class
