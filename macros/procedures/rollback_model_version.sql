{#- Procedure: gives the traffic of a project in an environment back to whom it went before the newest deployment, in the very shares; once more goes
    one further back.

    dbt run-operation rollback_model_version --args '{project_name: repurchase, environment: production, actor: ann, reason: recall fell}' -#}

{%- macro rollback_model_version(project_name, environment, actor, reason=none, request_id=none) -%}
    {%- set procedure = 'rollback_model_version' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'environment': environment, 'actor': actor, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set project = millwright.open_project(call, project_name) -%}
    {%- set held = millwright.deployment_in_force(project.project_name, millwright.checked_environment(procedure, environment)) -%}
    {%- if held.previous_revision is none or not held -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is nothing to go back to for ' ~ project.project_name ~ ' in ' ~ environment ~ '; '
            ~ (held.shares[0].model_name ~ ' ' ~ held.shares[0].model_version ~ ' was the first there' if held else 'nothing was ever deployed there')
        ) -%}
    {%- endif -%}
    {%- set before = millwright.deployment_in_force(project.project_name, environment, held.previous_revision | int) -%}
    {%- for share in before.shares -%}
        {%- set key = {'model_name': share.model_name, 'model_version': share.model_version} -%}
        {%- set status = millwright.newest_revision('model_version_revisions', key).status -%}
        {%- if status not in ('approved', 'deployed') -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': the version ' ~ key.values() | join(' ') ~ ', which served before, is ' ~ status ~ '; deploy another one'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(millwright.append_deployment(call, project.project_name, environment, held, {
        'strategy': 'rollback', 'status': before.status, 'shares': before.shares, 'previous_revision': before.previous_revision,
        'restored_revision': before.revision,
    })) }}
{%- endmacro -%}
