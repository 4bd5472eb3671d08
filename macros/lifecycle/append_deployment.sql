{#- Appends a deployment, i.e. who gets which share of the whole traffic of a project in an environment, as a row a version; a version is `deployed`
    while it has traffic anywhere, and `approved` when it has lost it. `plan` has strategy, status and shares, and of a rollback which revision it
    restores. Ends the call and returns its answer. -#}

{%- macro append_deployment(call, project_name, environment, held, plan) -%}
    {%- set thing = 'traffic of ' ~ project_name ~ ' in ' ~ environment -%}
    {%- do millwright.check_transition(call, 'deployment', thing, held.status, plan.status) -%}
    {%- do millwright.check_history(call, thing, held) -%}
    {%- if plan.shares | sum(attribute='traffic_percent') | int != 100 -%}
        {%- do exceptions.raise_compiler_error(call.procedure ~ ': the shares of ' ~ thing ~ ' do not add up to 100: ' ~ plan.shares) -%}
    {%- endif -%}
    {%- set revision = (held.revision or 0) | int + 1 -%}
    {%- set deployment_id = millwright.next_id('deployments', 'deployment') -%}
    {%- set rows = [] -%}
    {%- set said = [] -%}
    {%- for share in plan.shares -%}
        {%- do rows.append({
            'deployment_id': millwright.literal(deployment_id),
            'project_name': millwright.literal(project_name),
            'environment': millwright.literal(environment),
            'revision': revision,
            'status': millwright.literal(plan.status),
            'strategy': millwright.literal(plan.strategy),
            'model_name': millwright.literal(share.model_name),
            'model_version': millwright.literal(share.model_version),
            'traffic_percent': share.traffic_percent | int,
            'is_candidate': millwright.literal(share.is_candidate, 'boolean'),
            'previous_revision': millwright.literal(plan.previous_revision if plan.restored_revision else held.revision, 'integer'),
            'restored_revision': millwright.literal(plan.restored_revision, 'integer'),
        }) -%}
        {%- do said.append(share.model_name ~ ' ' ~ share.model_version ~ ' ' ~ share.traffic_percent | int ~ '%') -%}
    {%- endfor -%}
    {%- do millwright.insert_lifecycle_rows(call, 'deployments', rows) -%}
    {%- do millwright.settle_versions(call, project_name, (held.shares or []) + plan.shares) -%}
    {{ return(millwright.end_call(call, thing ~ ' goes to ' ~ said | join(', ') ~ ' (' ~ deployment_id ~ ')', {
        'deployment_id': deployment_id, 'project_name': project_name, 'environment': environment, 'revision': revision, 'status': plan.status,
        'traffic': said,
    })) }}
{%- endmacro -%}
