{#- Procedure: lets a version pass a quality gate of an environment whatever it says, for a reason that is kept.

    dbt run-operation override_quality_gate --args '{model_name: repurchase, model_version: 1998.7.0, environment: production,
        gate_id: repurchase_roc_auc, actor: bob, reason: outcomes are known in October only}' -#}

{%- macro override_quality_gate(model_name, model_version, environment, gate_id, actor, reason, request_id=none) -%}
    {%- set procedure = 'override_quality_gate' -%}
    {%- set call = millwright.begin_call(procedure, {
        'model_name': model_name, 'model_version': model_version, 'environment': environment, 'gate_id': gate_id, 'actor': actor,
        'reason': millwright.checked_text(procedure, 'reason', reason), 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = millwright.version_key(procedure, model_name, model_version) -%}
    {%- set version = millwright.existing_revision(call, 'model_version_revisions', key) -%}
    {%- set held = millwright.deployment_in_force(version.project_name, millwright.checked_environment(procedure, environment)) -%}
    {%- set incumbent = millwright.incumbent_of(held, version) -%}
    {%- set gates = run_query(millwright.applying_gates(version, environment, incumbent)).rows -%}
    {%- set named = gates | selectattr('gate_id', 'equalto', gate_id) | list -%}
    {%- if not named -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': no quality gate "' ~ gate_id ~ '" applies to ' ~ key.model_name ~ ' in ' ~ environment ~ '; there are '
            ~ (gates | map(attribute='gate_id') | join(', ') or 'none')
        ) -%}
    {%- endif -%}
    {%- do millwright.insert_lifecycle_rows(call, 'gate_decisions', [dict(
        millwright.gate_columns(version, environment, named[0], incumbent),
        status=millwright.literal('overridden'),
        message=millwright.literal(millwright.gate_decision(named[0], incumbent).message)
    )]) -%}
    {{ return(millwright.end_call(
        call, key.model_name ~ ' ' ~ key.model_version ~ ' passes ' ~ gate_id ~ ' in ' ~ environment ~ ' whatever it says',
        dict(key, environment=environment, gate_id=gate_id, status='overridden')
    )) }}
{%- endmacro -%}
