{#- The details of an incident as texts by column. Raises a compiler error for what cannot be told, and for affected versions that the project does
    not have: `model_name` names their model. -#}

{%- macro checked_incident(call, project_name, details) -%}
    {%- do millwright.checked_details(call.procedure, 'incidents', details) -%}
    {%- for model_version in details.affected_versions or [] -%}
        {%- set key = {'model_name': details.model_name or '', 'model_version': model_version | string} -%}
        {%- if millwright.newest_revision('model_version_revisions', key).project_name != project_name -%}
            {%- do exceptions.raise_compiler_error(
                call.procedure ~ ': the project ' ~ project_name ~ ' has no version ' ~ key.values() | join(' ')
                ~ '; name the model of the affected_versions as model_name'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set texts = {} -%}
    {%- for name, value in details.items() -%}
        {%- do texts.update({name: tojson(value) if name == 'affected_versions' else value}) -%}
    {%- endfor -%}
    {{ return(texts) }}
{%- endmacro -%}
