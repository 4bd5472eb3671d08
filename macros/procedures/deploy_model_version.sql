{#- Procedure: gives a version that is approved and passes the quality gates traffic of its project in an environment. `details` has the `strategy`
    (blue_green if not given, immediate, canary or rolling) and, for the last two, its `traffic_percent`. The first deployment takes all.

    dbt run-operation deploy_model_version --args '{model_name: repurchase, model_version: 1998.3.0, environment: production, actor: ann,
        details: {strategy: canary, traffic_percent: 5}}'

    What is refused for want of approval or by a gate leaves an incident and the gates' decisions. -#}

{%- macro deploy_model_version(model_name, model_version, environment, actor, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'deploy_model_version' -%}
    {%- set call = millwright.begin_call(procedure, {
        'model_name': model_name, 'model_version': model_version, 'environment': environment, 'actor': actor, 'details': details, 'reason': reason,
        'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set version = millwright.existing_revision(call, 'model_version_revisions', millwright.version_key(procedure, model_name, model_version)) -%}
    {%- do millwright.open_project(call, version.project_name) -%}
    {%- do millwright.checked_details(procedure, 'deployments', details) -%}
    {%- set held = millwright.deployment_in_force(version.project_name, millwright.checked_environment(procedure, environment)) -%}
    {%- set plan = millwright.planned_rollout(call, held, version, details or {}) -%}
    {%- do millwright.check_transition(call, 'deployment', 'traffic of ' ~ version.project_name ~ ' in ' ~ environment, held.status, plan.status) -%}
    {%- do millwright.require_deployable(call, version, environment, plan.incumbent) -%}
    {%- if environment == 'production' -%}
        {%- do millwright.advance_project(call, version.project_name) -%}
    {%- endif -%}
    {{ return(millwright.append_deployment(call, version.project_name, environment, held, plan)) }}
{%- endmacro -%}
