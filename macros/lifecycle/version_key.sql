{#- The key of a model version: model_name and model_version, which must be a semantic version (https://semver.org). -#}

{%- macro version_key(procedure, model_name, model_version) -%}
    {%- set name = millwright.checked_text(procedure, 'model_name', model_name) -%}
    {%- set version = millwright.checked_text(procedure, 'model_version', model_version) -%}
    {%- set number = '(0|[1-9]\\d*)' -%}
    {%- set form = '^' ~ [number, number, number] | join('\\.') ~ '(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$' -%}
    {%- if not modules.re.match(form, version) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': model_version is "' ~ version ~ '", no semantic version such as 1.4.0 or 2.0.0-rc.1; see https://semver.org'
        ) -%}
    {%- endif -%}
    {{ return({'model_name': name, 'model_version': version}) }}
{%- endmacro -%}
