{#- Makes the version that was trained for a retraining job, a row of `life_retraining_jobs` with `trained_version`, one of its project, lets the
    quality gates of production decide on it, and ends the job. Returns the answer of `complete_retraining`. What was done already, by an earlier run
    that broke off or by somebody, is not done again. -#}

{%- macro judge_trained_version(job, actor) -%}
    {%- set version = {'model_name': job.model_name, 'model_version': job.trained_version} -%}
    {%- set call = dict(version, actor=actor, reason='came out of ' ~ job.retraining_job_id) -%}
    {%- set held = millwright.newest_revision('model_version_revisions', version) -%}
    {%- set status = held.status | default('new', true) -%}
    {%- set decided = {'passes': status not in ('rejected', 'retired'), 'outcome': 'it was ' ~ status ~ ' already'} -%}
    {%- if held.project_name | default(job.project_name, true) != job.project_name -%}
        {%- do decided.update({'passes': false, 'outcome': 'it is a version of the project ' ~ held.project_name}) -%}
    {%- elif status in ('new', 'registered', 'in_review') -%}
        {%- if status == 'new' -%}
            {%- do millwright.register_model_version(job.project_name, **call) -%}
        {%- endif -%}
        {%- if status != 'in_review' -%}
            {%- do millwright.review_model_version(**call) -%}
        {%- endif -%}
        {%- set gates = millwright.check_quality_gates(environment='production', **call) -%}
        {%- do decided.update({'passes': gates.is_passed, 'outcome': gates.message.partition(': ')[2]}) -%}
        {%- if job.deploys_canary or not gates.is_passed -%}
            {%- do millwright.approve_model_version(is_approved=gates.is_passed, actor=actor, reason=decided.outcome, **version) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(millwright.complete_retraining(
        job.retraining_job_id,
        actor,
        'completed' if decided.passes else 'failed',
        dict({'outcome': decided.outcome}, **({'new_model_name': job.model_name, 'new_model_version': job.trained_version} if decided.passes else {}))
    )) }}
{%- endmacro -%}
