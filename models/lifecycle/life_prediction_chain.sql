with

predictions as (

    select * from {{ ref('eval_predictions') }}

),

versions as (

    select * from {{ ref('life_versions') }}

),

experiments as (

    select * from {{ ref('life_experiments') }}

),

recipes as (

    select * from {{ ref('stg_ops__training_recipes') }}

),

traffic as (

    select * from {{ ref('life_traffic') }}

),

gates as (

    select
        deployment_id,
        model_name,
        model_version,
        count(*) as n_gates,
        count(case when status = 'pass' then 1 end) as n_gates_passed,
        count(case when status = 'overridden' then 1 end) as n_gates_overridden,
        max(decided_at) as gates_decided_at
    from {{ ref('life_deployment_gates') }}
    group by
        deployment_id,
        model_name,
        model_version

),

redirects as (

    select * from {{ ref('customer_redirects') }}

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        predictions.task,
        predictions.environment,
        predictions.request_id,
        predictions.event_at,
        predictions.known_at,
        predictions.entity_id,
        coalesce(redirects.current_customer_id, predictions.entity_id) as current_entity_id,
        predictions.score,
        predictions.predicted_class,
        predictions.predicted_labels,
        predictions.predicted_value,
        predictions.actual_class,
        predictions.actual_labels,
        predictions.actual_value,
        predictions.outcome_known_at,
        predictions.predicted_class <> predictions.actual_class as is_wrong,
        predictions.predicted_value - predictions.actual_value as value_error,
        predictions.data_split,
        predictions.feature_hash,
        predictions.validation_status,
        versions.project_name,
        versions.experiment_name,
        versions.status as version_status,
        versions.approved_at,
        versions.approved_by,
        versions.trained_at,
        coalesce(recipes.recipe_hash, experiments.recipe_hash) as recipe_hash,
        recipes.recipe,
        recipes.n_rows as n_training_rows,
        traffic.deployment_id,
        traffic.began_at as deployed_at,
        traffic.traffic_percent,
        gates.n_gates,
        gates.n_gates_passed,
        gates.n_gates_overridden,
        gates.gates_decided_at
    from predictions
    left join versions
        on
            predictions.model_name = versions.model_name
            and predictions.model_version = versions.model_version
    left join experiments
        on
            versions.project_name = experiments.project_name
            and versions.experiment_name = experiments.experiment_name
    left join recipes
        on
            predictions.model_name = recipes.model_name
            and predictions.model_version = recipes.model_version
    left join traffic
        on
            predictions.model_name = traffic.model_name
            and predictions.model_version = traffic.model_version
            and predictions.environment = traffic.environment
            and versions.project_name = traffic.project_name
            and predictions.event_at >= traffic.began_at
            and (predictions.event_at < traffic.ended_at or traffic.ended_at is null)
    left join gates
        on
            traffic.deployment_id = gates.deployment_id
            and traffic.model_name = gates.model_name
            and traffic.model_version = gates.model_version
    left join redirects
        on predictions.entity_id = redirects.customer_id

)

select * from final
