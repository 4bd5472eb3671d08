{#- The newest revision of a project on which work may go on. Raises a compiler error for one that is unknown or retired. -#}

{%- macro open_project(call, project_name) -%}
    {%- set name = millwright.checked_text(call.procedure, 'project_name', project_name) -%}
    {%- set project = millwright.existing_revision(call, 'model_projects', {'project_name': name}) -%}
    {%- if project.status == 'retired' -%}
        {%- do exceptions.raise_compiler_error(
            call.procedure ~ ': the project ' ~ name ~ ' is retired, by ' ~ project.actor ~ '; begin another one'
        ) -%}
    {%- endif -%}
    {{ return(project) }}
{%- endmacro -%}
