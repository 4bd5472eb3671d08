{#- Procedure: ends the running retraining jobs of models which the build fits itself, with the version that was trained for each: it becomes one of
    the project, and the quality gates of production decide on it. If it passes and the job's policy says so, it is approved and becomes a canary;
    without such a policy it waits for somebody's review. `millwright nightly` calls it after it has built.

    dbt run-operation finish_retraining_jobs --args '{actor: ann}' -#}

{%- macro finish_retraining_jobs(actor) -%}
    {%- set procedure = 'finish_retraining_jobs' -%}
    {%- set said = [] -%}
    {%- for job in run_query(
        'select jobs.*, schedule.model_version as trained_version from ' ~ ref('life_retraining_jobs') ~ ' as jobs left join '
        ~ ref('train_customer__schedule') ~ ' as schedule on jobs.model_name = schedule.model_name and jobs.started_at = schedule.trained_at'
        ~ " where jobs.status = 'running' and jobs.model_name in (select model_name from " ~ ref('train_customer__schedule') ~ ')'
        ~ ' order by jobs.retraining_job_id'
    ).rows -%}
        {%- if job.trained_version is none -%}
            {%- set answer = millwright.complete_retraining(job.retraining_job_id, actor, 'failed', {
                'outcome': 'no version of ' ~ job.model_name ~ ' was trained: too few labels are known'
            }) -%}
        {%- else -%}
            {%- set answer = millwright.judge_trained_version(job, actor) -%}
        {%- endif -%}
        {%- do said.append(answer.message) -%}
    {%- endfor -%}
    {%- set message = procedure ~ ': ' ~ (said | join('; ') or 'no job is running') -%}
    {%- do log(message, info=true) -%}
    {{ return({'procedure': procedure, 'message': message}) }}
{%- endmacro -%}
