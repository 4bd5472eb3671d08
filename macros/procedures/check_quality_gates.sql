{#- Procedure: evaluates the quality gates of an environment for a version, on what the last run measured, and keeps each decision. Deploys nothing.

    dbt run-operation check_quality_gates --args '{model_name: repurchase, model_version: 1998.3.0, environment: production, actor: ann}' -#}

{%- macro check_quality_gates(model_name, model_version, environment, actor, reason=none, request_id=none) -%}
    {%- set procedure = 'check_quality_gates' -%}
    {%- set call = millwright.begin_call(procedure, {
        'model_name': model_name, 'model_version': model_version, 'environment': environment, 'actor': actor, 'reason': reason,
        'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = millwright.version_key(procedure, model_name, model_version) -%}
    {%- set version = millwright.existing_revision(call, 'model_version_revisions', key) -%}
    {%- set held = millwright.deployment_in_force(version.project_name, millwright.checked_environment(procedure, environment)) -%}
    {%- set found = millwright.decide_gates(call, version, environment, millwright.incumbent_of(held, version)) -%}
    {%- set passed = key.model_name ~ ' ' ~ key.model_version ~ ' passes the ' ~ found.decisions | length ~ ' quality gates of ' ~ environment -%}
    {{ return(millwright.end_call(call, found.problem or passed, dict(
        key, environment=environment, is_passed=found.problem is none, decisions=found.decisions
    ))) }}
{%- endmacro -%}
