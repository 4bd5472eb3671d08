{#- Procedure: gives the canary of a project in an environment all traffic, if it is still approved and passes the quality gates.

    dbt run-operation promote_canary --args '{project_name: repurchase, environment: production, actor: ann}' -#}

{%- macro promote_canary(project_name, environment, actor, reason=none, request_id=none) -%}
    {%- set procedure = 'promote_canary' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'environment': environment, 'actor': actor, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set project = millwright.open_project(call, project_name) -%}
    {%- set held = millwright.deployment_in_force(project.project_name, millwright.checked_environment(procedure, environment)) -%}
    {%- if held.status != 'canary' -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ project.project_name ~ ' has no canary in ' ~ environment ~ '; its newest deployment there is '
            ~ (held.status or 'none')
        ) -%}
    {%- endif -%}
    {%- set canary = held.shares | selectattr('is_candidate') | first -%}
    {%- set version = millwright.newest_revision('model_version_revisions', {
        'model_name': canary.model_name, 'model_version': canary.model_version,
    }) -%}
    {%- do millwright.require_deployable(call, version, environment, millwright.incumbent_of(held, version)) -%}
    {{ return(millwright.append_deployment(call, project.project_name, environment, held, {
        'strategy': 'canary', 'status': 'complete', 'shares': [dict(canary, traffic_percent=100)],
    })) }}
{%- endmacro -%}
