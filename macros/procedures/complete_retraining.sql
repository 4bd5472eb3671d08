{#- Procedure: says how a retraining job ended: `completed`, which takes the new_model_version, `failed` or `cancelled`.

    dbt run-operation complete_retraining --args '{retraining_job_id: retraining_job-1, actor: ann, details: {new_model_version: 1998.8.0,
        outcome: ROC AUC 0.79 instead of 0.71}}'

    Where the job's policy says so, a new version that is approved then gets a canary's share of production, if the quality gates let it. -#}

{%- macro complete_retraining(retraining_job_id, actor, status='completed', details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'complete_retraining' -%}
    {%- set call = millwright.begin_call(procedure, {
        'retraining_job_id': retraining_job_id, 'actor': actor, 'status': status, 'details': details, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = {'retraining_job_id': millwright.checked_text(procedure, 'retraining_job_id', retraining_job_id)} -%}
    {%- set job = millwright.existing_revision(call, 'retraining_jobs', key) -%}
    {%- set status = millwright.checked_text(procedure, 'status', status) -%}
    {%- set values = millwright.checked_details(procedure, 'retraining_jobs', details) -%}
    {%- if details and details.experiment_name -%}
        {%- do millwright.experiment_of_job(call, job, details.experiment_name) -%}
    {%- endif -%}
    {%- set version = {} -%}
    {%- if status == 'completed' -%}
        {%- set details = details or {} -%}
        {%- set new = {'model_name': details.new_model_name or job.model_name, 'model_version': details.new_model_version} -%}
        {%- if not new.model_name or not new.model_version -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': the details new_model_name and new_model_version are missing; say what came out, or that it failed'
            ) -%}
        {%- endif -%}
        {%- do version.update(millwright.existing_revision(call, 'model_version_revisions', new)) -%}
        {%- if version.project_name != job.project_name -%}
            {%- do exceptions.raise_compiler_error(
                procedure ~ ': ' ~ new.values() | join(' ') ~ ' is a version of the project ' ~ version.project_name ~ ', and '
                ~ key.retraining_job_id ~ ' is of ' ~ job.project_name
            ) -%}
        {%- endif -%}
        {%- do values.update({'new_model_name': millwright.literal(new.model_name)}) -%}
    {%- endif -%}
    {%- do millwright.append_revision(call, 'retraining_jobs', key, status, values) -%}
    {%- set is_deployed = job.deploys_canary and version.status == 'approved' -%}
    {%- set answer = millwright.end_call(
        call,
        key.retraining_job_id ~ ' of ' ~ job.project_name ~ ' is ' ~ status ~ (
            '; ' ~ version.model_name ~ ' ' ~ version.model_version ~ ' is ' ~ version.status ~ (
                ', and becomes a canary' if is_deployed else ', and becomes no canary' if job.deploys_canary else ''
            ) if version else ''
        ),
        dict(key, project_name=job.project_name, status=status)
    ) -%}
    {%- if is_deployed -%}
        {%- do millwright.deploy_model_version(
            version.model_name, version.model_version, 'production', actor,
            details={'strategy': 'canary'}, reason='came out of ' ~ key.retraining_job_id
        ) -%}
    {%- endif -%}
    {{ return(answer) }}
{%- endmacro -%}
