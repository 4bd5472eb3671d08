with

probabilities as (

    select * from {{ ref('pred_repurchase__challenger_probabilities') }}

),

versions as (

    select * from {{ ref('pred_repurchase__challenger_versions') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

final as (

    select
        probabilities.model_name,
        probabilities.model_version,
        probabilities.customer_id as entity_id,
        probabilities.snapshot_at as event_at,
        probabilities.snapshot_at as known_at,
        probabilities.repurchase_score as score,
        case when probabilities.repurchase_score >= versions.decision_threshold then 'repurchase' else 'no_repurchase' end as predicted_class,
        splits.data_split
    from probabilities
    inner join versions
        on probabilities.model_version = versions.model_version
    left join splits
        on probabilities.customer_id = splits.customer_id

)

select * from final
