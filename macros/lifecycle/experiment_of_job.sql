{#- The name of an experiment that a retraining job is done as. Raises a compiler error for one that the job's project does not have. -#}

{%- macro experiment_of_job(call, job, experiment_name) -%}
    {{ return(millwright.existing_revision(call, 'model_experiments', {
        'project_name': job.project_name,
        'experiment_name': millwright.checked_text(call.procedure, 'experiment_name', experiment_name),
    }).experiment_name) }}
{%- endmacro -%}
