with

final as (

    select
        project_name,
        model_name,
        model_version,
        environment,
        gate_id,
        revision,
        status,
        message,
        metric,
        average,
        segment,
        limit_kind,
        limit_value,
        compared_with,
        value,
        n,
        min_n,
        incumbent_model_name,
        incumbent_model_version,
        incumbent_value,
        incumbent_n,
        event_at as decided_at,
        actor,
        reason,
        revision = max(revision) over (partition by model_name, model_version, environment, gate_id) as is_newest
    from {{ ref('stg_ops__gate_decisions') }}

)

select * from final
