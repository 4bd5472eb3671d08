{#- The version of a model that serves at a moment: of those that have traffic in production the one that has most, or, of a model that is not
    deployed there, the newest that was trained and known by then. Raises a compiler error for a model or version that is unknown, and for a version
    that does not serve. -#}

{%- macro version_to_serve(procedure, model_name, model_version, at) -%}
    {%- set known = run_query(
        'select model_name, model_version from ' ~ millwright.landing_table('model_versions')
        ~ ' where known_at <= ' ~ at ~ ' group by model_name, model_version order by max(event_at) desc, '
        ~ millwright.bytewise('model_version') ~ ' desc'
    ).rows -%}
    {%- set versions = known | selectattr('model_name', 'equalto', model_name) | map(attribute='model_version') | list -%}
    {%- if not versions -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is no model "' ~ model_name ~ '" with a version by then; there are '
            ~ (known | map(attribute='model_name') | unique | sort | join(', ') or 'none')
        ) -%}
    {%- endif -%}
    {%- set serving = millwright.versions_deployed_at(model_name, at) or versions[:1] -%}
    {%- set version = serving[0] if model_version is none else model_version | string -%}
    {%- if version not in versions -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the model ' ~ model_name ~ ' has no version "' ~ version ~ '" by then; there are ' ~ versions | join(', ')
        ) -%}
    {%- endif -%}
    {%- if version not in serving -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': version ' ~ version ~ ' of ' ~ model_name ~ ' is not active; active is ' ~ serving | join(' and ')
        ) -%}
    {%- endif -%}
    {{ return(version) }}
{%- endmacro -%}
