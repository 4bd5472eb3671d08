{#- Procedure: begins a modelling project, with a baseline experiment in its queue.

    dbt run-operation create_model_project --args '{project_name: repurchase, actor: ann, details: {domain: retention, priority_level: high}}' -#}

{%- macro create_model_project(project_name, actor, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'create_model_project' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'actor': actor, 'details': details, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set name = millwright.checked_text(procedure, 'project_name', project_name) -%}
    {%- set values = millwright.checked_details(procedure, 'model_projects', details) -%}
    {%- for row in run_query(
        'select project_name, status from ' ~ millwright.landing_table('model_projects') ~ ' where lower(project_name) = lower('
        ~ millwright.literal(name) ~ ') order by revision desc limit 1'
    ).rows -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is a project "' ~ row.project_name ~ '" already, ' ~ row.status ~ '; take another name, or change that one with '
            ~ 'update_model_project'
        ) -%}
    {%- endfor -%}
    {%- do millwright.append_revision(call, 'model_projects', {'project_name': name}, 'planning', values) -%}
    {%- do millwright.append_revision(call, 'model_experiments', {'project_name': name, 'experiment_name': 'baseline'}, 'queued', {
        'description': millwright.literal('What other experiments are compared with'),
        'algorithm': millwright.literal('baseline'),
        'is_baseline': millwright.literal(true, 'boolean'),
    }) -%}
    {{ return(millwright.end_call(call, 'the project ' ~ name ~ ' is planning; its experiment baseline is queued', {
        'project_name': name, 'status': 'planning', 'experiment_name': 'baseline',
    })) }}
{%- endmacro -%}
