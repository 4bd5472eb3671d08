{%- set entities = {
    'project': ('stg_ops__model_projects', 'project_name', 'project_name'),
    'experiment': ('stg_ops__model_experiments', 'project_name', "concat_ws(' ', project_name, experiment_name)"),
    'version': ('stg_ops__model_version_revisions', 'project_name', "concat_ws(' ', model_name, model_version)"),
    'incident': ('stg_ops__incidents', 'project_name', 'incident_id'),
} -%}

with

revisions as (
    {%- for entity, (relation, project, name) in entities.items() %}

    select
        '{{ entity }}' as entity,
        {{ name }} as entity_name,
        {{ project }} as project_name,
        revision,
        status,
        actor,
        reason,
        request_id,
        event_at,
        known_at,
        recorded_at
    from {{ ref(relation) }}
    union all
    {%- endfor %}

    select
        'deployment' as entity,
        concat_ws(' ', project_name, environment) as entity_name,
        project_name,
        revision,
        status,
        actor,
        reason,
        request_id,
        event_at,
        known_at,
        recorded_at
    from {{ ref('stg_ops__deployments') }}
    where is_candidate

),

final as (

    select
        entity,
        entity_name,
        project_name,
        revision,
        status,
        actor,
        reason,
        request_id,
        event_at as valid_from,
        lead(event_at) over (
            partition by entity, entity_name
            order by revision
        ) as valid_to,
        known_at,
        recorded_at
    from revisions

)

select * from final
