{#- Procedure: says that the training of an experiment begins, one from the queue or a new one.

    dbt run-operation start_experiment --args '{project_name: repurchase, experiment_name: trees, actor: ann,
        details: {algorithm: boosted trees}}' -#}

{%- macro start_experiment(project_name, experiment_name, actor, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'start_experiment' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'experiment_name': experiment_name, 'actor': actor, 'details': details, 'reason': reason,
        'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set project = millwright.open_project(call, project_name) -%}
    {%- set key = {
        'project_name': project.project_name,
        'experiment_name': millwright.checked_text(procedure, 'experiment_name', experiment_name),
    } -%}
    {%- set values = millwright.checked_details(procedure, 'model_experiments', details) -%}
    {%- if not values.algorithm and not millwright.newest_revision('model_experiments', key) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the detail algorithm is missing; say what is tried, e.g. details: {algorithm: boosted trees}'
        ) -%}
    {%- endif -%}
    {%- do millwright.append_revision(call, 'model_experiments', key, 'running', values) -%}
    {%- do millwright.advance_project(call, key.project_name) -%}
    {{ return(millwright.end_call(
        call, 'the experiment ' ~ key.experiment_name ~ ' of ' ~ key.project_name ~ ' is running', dict(key, status='running')
    )) }}
{%- endmacro -%}
