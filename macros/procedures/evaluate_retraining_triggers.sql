{#- Procedure: finds which triggers of the seed `retraining_policies` hold, opens an incident of each version with one of severity high, and queues
    the retraining jobs that the policies want. `millwright nightly` calls it after each build; what is there already is not done again.

    dbt run-operation evaluate_retraining_triggers --args '{actor: ann, project_name: repurchase}' -#}

{%- macro evaluate_retraining_triggers(actor, project_name=none, reason=none, request_id=none) -%}
    {%- set procedure = 'evaluate_retraining_triggers' -%}
    {%- set call = millwright.begin_call(procedure, {
        'actor': actor, 'project_name': project_name, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set project_name = millwright.open_project(call, project_name).project_name if project_name is not none else none -%}
    {%- set said = [] -%}
    {%- set by_project = {} -%}
    {%- for trigger in millwright.holding_triggers(project_name) -%}
        {%- do said.append(trigger.said) -%}
        {%- do by_project.setdefault(trigger.project_name, []).append(trigger) -%}
    {%- endfor -%}
    {%- set done = {'incidents': [], 'retraining_jobs': []} -%}
    {%- for name, triggers in by_project.items() -%}
        {%- for incident_id in millwright.open_health_incidents(call, name, triggers | selectattr('severity', 'equalto', 'high') | list) -%}
            {%- do done.incidents.append(incident_id) -%}
        {%- endfor -%}
        {%- set wanted = triggers | selectattr('queues_job') | list -%}
        {%- if wanted -%}
            {%- set job = millwright.append_retraining_job(call, name, {
                'model_name': millwright.literal(wanted[0].model_name),
                'model_version': millwright.literal(wanted[0].model_version),
                'trigger_type': millwright.literal(wanted[0].trigger_type),
                'recommendation': millwright.literal(wanted[0].recommendation),
                'triggers': millwright.literal(tojson(wanted | map(attribute='said') | list)),
                'deploys_canary': millwright.literal((wanted | selectattr('deploys_canary') | list | length) > 0, 'boolean'),
            }, pause_days=var('retraining_pause_days')) -%}
            {%- if job.is_new -%}
                {%- do done.retraining_jobs.append(job.retraining_job_id) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set message = said | length ~ ' triggers hold; opened: ' ~ (done.incidents | join(', ') or 'no incident') ~ '; queued: '
        ~ (done.retraining_jobs | join(', ') or 'no job') -%}
    {%- for trigger in said -%}
        {%- do log('  ' ~ trigger, info=true) -%}
    {%- endfor -%}
    {%- if done.incidents or done.retraining_jobs -%}
        {{ return(millwright.end_call(call, message, dict(done, triggers=said))) }}
    {%- endif -%}
    {#- Nothing is new, so nothing is logged. -#}
    {%- do run_query('rollback') -%}
    {%- do log(procedure ~ ': ' ~ message, info=true) -%}
    {{ return(dict(done, triggers=said, procedure=procedure, message=procedure ~ ': ' ~ message)) }}
{%- endmacro -%}
