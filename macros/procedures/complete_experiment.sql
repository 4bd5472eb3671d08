{#- Procedure: says how an experiment ended: `completed`, `failed` or `cancelled`.

    dbt run-operation complete_experiment --args '{project_name: repurchase, experiment_name: trees, actor: ann,
        details: {metrics: {roc_auc: 0.81}}}' -#}

{%- macro complete_experiment(project_name, experiment_name, actor, status='completed', details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'complete_experiment' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'experiment_name': experiment_name, 'actor': actor, 'status': status, 'details': details, 'reason': reason,
        'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = {
        'project_name': millwright.checked_text(procedure, 'project_name', project_name),
        'experiment_name': millwright.checked_text(procedure, 'experiment_name', experiment_name),
    } -%}
    {%- do millwright.existing_revision(call, 'model_experiments', key) -%}
    {%- set status = millwright.checked_text(procedure, 'status', status) -%}
    {%- set values = millwright.checked_details(procedure, 'model_experiments', details) -%}
    {%- do millwright.append_revision(call, 'model_experiments', key, status, values) -%}
    {{ return(millwright.end_call(
        call, 'the experiment ' ~ key.experiment_name ~ ' of ' ~ key.project_name ~ ' is ' ~ status, dict(key, status=status)
    )) }}
{%- endmacro -%}
