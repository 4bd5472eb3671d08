{#- Procedure: changes what is said of a project, e.g. what it has spent, or retires it.

    dbt run-operation update_model_project --args '{project_name: repurchase, actor: ann, details: {spent_budget: 1200}}' -#}

{%- macro update_model_project(project_name, actor, status=none, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'update_model_project' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'actor': actor, 'status': status, 'details': details, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = {'project_name': millwright.checked_text(procedure, 'project_name', project_name)} -%}
    {%- do millwright.existing_revision(call, 'model_projects', key) -%}
    {%- set values = millwright.checked_details(procedure, 'model_projects', details) -%}
    {%- if not values and status is none -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': there is neither a status nor a detail to change') -%}
    {%- endif -%}
    {%- if status == 'retired' -%}
        {%- for model_name, model_version, environment in millwright.versions_with_traffic(key.project_name) -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': ' ~ model_name ~ ' ' ~ model_version ~ ' has traffic in ' ~ environment ~ ', so the project ' ~ key.project_name
                ~ ' is not over'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set change = millwright.append_revision(call, 'model_projects', key, status, values) -%}
    {{ return(millwright.end_call(call, 'the project ' ~ key.project_name ~ ' is ' ~ change.status ~ ', revision ' ~ change.revision, {
        'project_name': key.project_name, 'status': change.status, 'revision': change.revision,
    })) }}
{%- endmacro -%}
