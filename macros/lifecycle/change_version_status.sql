{#- What `review_model_version`, `approve_model_version` and `retire_model_version` have in common: a call that gives a version a status. -#}

{%- macro change_version_status(procedure, model_name, model_version, status, arguments) -%}
    {%- set call = millwright.begin_call(procedure, dict(arguments, model_name=model_name, model_version=model_version, status=status)) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = millwright.version_key(procedure, model_name, model_version) -%}
    {%- set version = millwright.existing_revision(call, 'model_version_revisions', key) -%}
    {%- do millwright.append_revision(call, 'model_version_revisions', key, status) -%}
    {{ return(millwright.end_call(
        call, 'version ' ~ key.model_version ~ ' of ' ~ key.model_name ~ ' is ' ~ status, dict(key, project_name=version.project_name, status=status)
    )) }}
{%- endmacro -%}
