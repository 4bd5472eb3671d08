with

traffic as (

    select * from {{ ref('life_traffic') }}

),

decisions as (

    select * from {{ ref('life_gate_decisions') }}

),

-- A gate that was asked again later let nobody through before.
decided as (

    select
        traffic.deployment_id,
        traffic.project_name,
        traffic.environment,
        traffic.began_at as deployed_at,
        decisions.model_name,
        decisions.model_version,
        decisions.gate_id,
        decisions.revision,
        decisions.status,
        decisions.message,
        decisions.metric,
        decisions.limit_kind,
        decisions.limit_value,
        decisions.value,
        decisions.n,
        decisions.decided_at,
        decisions.actor,
        decisions.reason
    from traffic
    inner join decisions
        on
            traffic.model_name = decisions.model_name
            and traffic.model_version = decisions.model_version
            and traffic.environment = decisions.environment
            and traffic.began_at >= decisions.decided_at

),

newest as (

    {{ millwright.deduplicate(
        'decided', partition_by=['deployment_id', 'model_name', 'model_version', 'gate_id'], order_by=['revision desc']
    ) }}

),

final as (

    select
        deployment_id,
        project_name,
        environment,
        deployed_at,
        model_name,
        model_version,
        gate_id,
        revision,
        status,
        message,
        metric,
        limit_kind,
        limit_value,
        value,
        n,
        decided_at,
        actor,
        reason
    from newest

)

select * from final
