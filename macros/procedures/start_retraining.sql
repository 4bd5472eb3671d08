{#- Procedure: says that the training of a retraining job begins, as which experiment of its project if there is one.

    dbt run-operation start_retraining --args '{retraining_job_id: retraining_job-1, actor: ann, experiment_name: after summer}' -#}

{%- macro start_retraining(retraining_job_id, actor, experiment_name=none, reason=none, request_id=none) -%}
    {%- set procedure = 'start_retraining' -%}
    {%- set call = millwright.begin_call(procedure, {
        'retraining_job_id': retraining_job_id, 'actor': actor, 'experiment_name': experiment_name, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = {'retraining_job_id': millwright.checked_text(procedure, 'retraining_job_id', retraining_job_id)} -%}
    {%- set job = millwright.existing_revision(call, 'retraining_jobs', key) -%}
    {%- set values = {} -%}
    {%- if experiment_name is not none -%}
        {%- do values.update({'experiment_name': millwright.literal(millwright.experiment_of_job(call, job, experiment_name))}) -%}
    {%- endif -%}
    {%- do millwright.append_revision(call, 'retraining_jobs', key, 'running', values) -%}
    {{ return(millwright.end_call(
        call, key.retraining_job_id ~ ' of ' ~ job.project_name ~ ' is running', dict(key, project_name=job.project_name, status='running')
    )) }}
{%- endmacro -%}
