with

deployments as (

    select * from {{ ref('stg_ops__deployments') }}

),

slots as (

    select distinct
        project_name,
        environment,
        revision,
        event_at
    from deployments

),

spans as (

    select
        *,
        lead(event_at) over (
            partition by project_name, environment
            order by revision
        ) as ended_at,
        lead(revision) over (
            partition by project_name, environment
            order by revision
        ) is null as is_live
    from slots

),

final as (

    select
        deployments.deployment_id,
        deployments.project_name,
        deployments.environment,
        deployments.revision,
        deployments.model_name,
        deployments.model_version,
        deployments.traffic_percent,
        deployments.is_candidate,
        deployments.event_at as began_at,
        spans.ended_at,
        spans.is_live
    from deployments
    inner join spans
        on
            deployments.project_name = spans.project_name
            and deployments.environment = spans.environment
            and deployments.revision = spans.revision

)

select * from final
