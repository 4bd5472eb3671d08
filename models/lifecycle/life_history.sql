{#- Of each entity its revisions, and what names it among them. -#}
{%- set entities = {
    'project': ('stg_ops__model_projects', 'project_name'),
    'experiment': ('stg_ops__model_experiments', "concat_ws(' ', project_name, experiment_name)"),
    'version': ('stg_ops__model_version_revisions', "concat_ws(' ', model_name, model_version)"),
    'deployment': ('stg_ops__deployments', "concat_ws(' ', project_name, environment)"),
    'incident': ('stg_ops__incidents', 'incident_id'),
    'retraining_job': ('stg_ops__retraining_jobs', 'retraining_job_id'),
} -%}

with

revisions as (
    {%- for entity, (relation, name) in entities.items() %}

    select
        '{{ entity }}' as entity,
        {{ name }} as entity_name,
        project_name,
        revision,
        status,
        actor,
        reason,
        request_id,
        event_at,
        known_at,
        recorded_at
    from {{ ref(relation) }}
    {%- if entity == 'deployment' %}
    where is_candidate
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

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
