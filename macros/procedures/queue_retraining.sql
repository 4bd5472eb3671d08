{#- Procedure: queues the training of a new version for a project, unless that is queued or running already; then it says so.

    dbt run-operation queue_retraining --args '{project_name: repurchase, actor: ann, reason: the shop sells books now,
        details: {model_name: repurchase, model_version: 1998.3.0}}' -#}

{%- macro queue_retraining(project_name, actor, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'queue_retraining' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'actor': actor, 'details': details, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set name = millwright.open_project(call, project_name).project_name -%}
    {%- set values = {
        'trigger_type': millwright.literal('manual'),
        'recommendation': millwright.literal('schedule_retrain'),
        'deploys_canary': millwright.literal(false, 'boolean'),
    } -%}
    {%- do values.update(millwright.checked_details(procedure, 'retraining_jobs', details)) -%}
    {%- set replaced = {'model_name': details.model_name, 'model_version': details.model_version} if details else {} -%}
    {%- if replaced.model_version and millwright.existing_revision(call, 'model_version_revisions', replaced).project_name != name -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ replaced.values() | join(' ') ~ ' is no version of the project ' ~ name ~ '; name one that is to be replaced'
        ) -%}
    {%- endif -%}
    {%- set job = millwright.append_retraining_job(call, name, values) -%}
    {{ return(millwright.end_call(
        call,
        job.retraining_job_id ~ ' of ' ~ name ~ (' is queued' if job.is_new else ' is ' ~ job.status ~ ' already; no other one is queued'),
        dict(job, project_name=name)
    )) }}
{%- endmacro -%}
