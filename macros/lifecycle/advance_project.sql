{#- Takes a project to the status that the call brings about by the seed `lifecycle_transitions`, e.g. from planning to development with its first
    experiment; leaves it where it is if there is none. -#}

{%- macro advance_project(call, project_name) -%}
    {%- set key = {'project_name': project_name} -%}
    {%- for step in millwright.transitions_from('project', millwright.newest_revision('model_projects', key).status)
        if step.procedure == call.procedure -%}
        {%- do millwright.append_revision(call, 'model_projects', key, step.to_status) -%}
    {%- endfor -%}
{%- endmacro -%}
