{#- Procedure: makes a trained version one of a project, and puts it into the registry `ops.model_versions` if it is not there.

    dbt run-operation register_model_version --args '{project_name: repurchase, model_name: repurchase, model_version: 1998.3.0, actor: ann}' -#}

{%- macro register_model_version(project_name, model_name, model_version, actor, experiment_name=none, reason=none, request_id=none) -%}
    {%- set procedure = 'register_model_version' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'model_name': model_name, 'model_version': model_version, 'actor': actor, 'experiment_name': experiment_name,
        'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set project = millwright.open_project(call, project_name) -%}
    {%- set key = millwright.version_key(procedure, model_name, model_version) -%}
    {%- set values = {'project_name': millwright.literal(project.project_name)} -%}
    {%- set experiment = {} -%}
    {%- if experiment_name is not none -%}
        {%- set experiment = millwright.existing_revision(call, 'model_experiments', {
            'project_name': project.project_name, 'experiment_name': millwright.checked_text(procedure, 'experiment_name', experiment_name),
        }) -%}
        {%- if experiment.status != 'completed' -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': the experiment ' ~ experiment.experiment_name ~ ' of ' ~ project.project_name ~ ' is ' ~ experiment.status
                ~ '; a version can come out of one that is completed (complete_experiment)'
            ) -%}
        {%- endif -%}
        {%- do values.update({'experiment_name': millwright.literal(experiment.experiment_name)}) -%}
    {%- endif -%}
    {%- do millwright.append_revision(call, 'model_version_revisions', key, 'registered', values) -%}
    {%- set registry = millwright.landing_table('model_versions') -%}
    {%- set row = {
        'model_name': millwright.literal(key.model_name),
        'model_version': millwright.literal(key.model_version),
        'event_at': millwright.as_of(),
        'known_at': millwright.as_of(),
        'algorithm': millwright.literal(experiment.algorithm),
        'parameters': millwright.literal(experiment.hyperparameters),
        'created_by': millwright.literal(call.actor),
        'run_id': millwright.literal(millwright.run_id()),
    } -%}
    {%- do run_query(
        'insert into ' ~ registry ~ ' (' ~ row.keys() | join(', ') ~ ') select ' ~ row.values() | join(', ')
        ~ ' where not exists (select 1 from ' ~ registry ~ ' where ' ~ millwright.is_key(key) ~ ')'
    ) -%}
    {%- do millwright.advance_project(call, project.project_name) -%}
    {{ return(millwright.end_call(
        call, 'version ' ~ key.model_version ~ ' of ' ~ key.model_name ~ ' is registered for the project ' ~ project.project_name,
        dict(key, project_name=project.project_name, status='registered')
    )) }}
{%- endmacro -%}
