with

deployments as (

    select * from {{ ref('stg_ops__deployments') }}

),

traffic as (

    select * from {{ ref('life_traffic') }}
    where is_candidate

),

ids as (

    select distinct
        deployment_id,
        project_name,
        environment,
        revision
    from deployments

),

final as (

    select
        deployments.deployment_id,
        deployments.project_name,
        deployments.environment,
        deployments.revision,
        deployments.strategy,
        deployments.status,
        deployments.model_name,
        deployments.model_version,
        deployments.traffic_percent,
        previous.deployment_id as previous_deployment_id,
        restored.deployment_id as restored_deployment_id,
        deployments.event_at as deployed_at,
        deployments.actor as deployed_by,
        deployments.reason,
        traffic.ended_at,
        traffic.is_live
    from deployments
    inner join traffic
        on
            deployments.deployment_id = traffic.deployment_id
            and deployments.model_name = traffic.model_name
            and deployments.model_version = traffic.model_version
    left join ids as previous
        on
            deployments.project_name = previous.project_name
            and deployments.environment = previous.environment
            and deployments.previous_revision = previous.revision
    left join ids as restored
        on
            deployments.project_name = restored.project_name
            and deployments.environment = restored.environment
            and deployments.restored_revision = restored.revision

)

select * from final
