{#- For an error message: which versions of a model are registered, or which models if it is none. -#}

{%- macro versions_to_choose_from(model_name) -%}
    {%- set known = run_query(
        'select distinct model_name, model_version from ' ~ millwright.registered_model_versions()
        ~ ' as registered order by model_name, model_version'
    ).rows -%}
    {%- set versions = known | selectattr('model_name', 'equalto', model_name) | map(attribute='model_version') | list -%}
    {%- if versions -%}
        {{ return('registered versions of ' ~ model_name ~ ' are ' ~ versions | join(', ')) }}
    {%- endif -%}
    {{ return('there is no such model; registered are ' ~ (known | map(attribute='model_name') | unique | join(', ') or 'none')) }}
{%- endmacro -%}
