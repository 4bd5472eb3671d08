{#- Procedure: begins the retraining jobs that are queued for models which the build fits itself, those of `train_customer__schedule`: the next build
    trains a version for each. `millwright nightly` calls it before it builds. A job waits while a version of its project is on its way in.

    dbt run-operation begin_retraining_jobs --args '{actor: ann}' -#}

{%- macro begin_retraining_jobs(actor) -%}
    {%- set procedure = 'begin_retraining_jobs' -%}
    {%- set begun = [] -%}
    {#- After an upgrade the build makes columns that are new; until then no revision can be written. -#}
    {%- set missing = millwright.landing_source('retraining_jobs').columns.keys()
        | reject('in', millwright.column_names(millwright.landing_table('retraining_jobs'))) | list -%}
    {%- for job in run_query(
        'select jobs.retraining_job_id, jobs.project_name, jobs.model_name from ' ~ ref('life_retraining_jobs') ~ ' as jobs'
        ~ " where jobs.status = 'queued' and jobs.model_name in (select model_name from " ~ ref('train_customer__schedule') ~ ')'
        ~ ' order by jobs.retraining_job_id'
    ).rows -%}
        {%- if missing -%}
            {%- do log(
                procedure ~ ': ' ~ job.retraining_job_id ~ ' waits, since ' ~ millwright.landing_table('retraining_jobs') ~ ' has no column '
                ~ missing | join(', ') ~ ' yet; the build that follows makes it', info=true
            ) -%}
        {%- elif millwright.deployment_in_force(job.project_name, 'production').status | default('complete', true) == 'complete' -%}
            {%- do millwright.start_retraining(job.retraining_job_id, actor, reason='the build trains versions of ' ~ job.model_name) -%}
            {%- do begun.append(job.retraining_job_id) -%}
        {%- else -%}
            {%- do log(
                procedure ~ ': ' ~ job.retraining_job_id ~ ' waits, since a version of ' ~ job.project_name ~ ' is on its way into production: '
                ~ 'promote_canary or rollback_model_version ends that', info=true
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set message = procedure ~ ': ' ~ (begun | join(', ') or 'nothing') ~ ' begins' -%}
    {%- do log(message, info=true) -%}
    {{ return({'procedure': procedure, 'message': message, 'retraining_jobs': begun}) }}
{%- endmacro -%}
