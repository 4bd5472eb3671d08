{#- Queues a retraining job of a project, `values` as SQL literals by column, unless one is queued or running or, with `pause_days`, one ended fewer
    days ago. Returns a dict: retraining_job_id, status and is_new. -#}

{%- macro append_retraining_job(call, project_name, values, pause_days=0) -%}
    {%- set jobs = millwright.landing_table('retraining_jobs') -%}
    {%- for row in run_query(
        'select retraining_job_id, status from ' ~ jobs ~ ' as jobs where ' ~ millwright.is_key({'project_name': project_name})
        ~ ' and revision = (select max(newest.revision) from ' ~ jobs ~ ' as newest where newest.retraining_job_id = jobs.retraining_job_id)'
        ~ " and (status in ('queued', 'running')" ~ (
            ' or event_at > ' ~ millwright.as_of() ~ " - interval '" ~ pause_days | int ~ "' day" if pause_days else ''
        ) ~ ") order by case when status in ('queued', 'running') then 1 else 2 end, recorded_at desc limit 1"
    ).rows -%}
        {{ return({'retraining_job_id': row.retraining_job_id, 'status': row.status, 'is_new': false}) }}
    {%- endfor -%}
    {%- set job_id = millwright.next_id('retraining_jobs', 'retraining_job') -%}
    {%- do millwright.append_revision(
        call, 'retraining_jobs', {'retraining_job_id': job_id}, 'queued', dict(values, project_name=millwright.literal(project_name))
    ) -%}
    {{ return({'retraining_job_id': job_id, 'status': 'queued', 'is_new': true}) }}
{%- endmacro -%}
