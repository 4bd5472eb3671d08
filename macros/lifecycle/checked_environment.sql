{#- The argument `environment` of a procedure, one of those that the YAML of `ops.deployments` has (`config.meta.lifecycle.environments`). -#}

{%- macro checked_environment(procedure, environment) -%}
    {%- set environments = millwright.landing_source('deployments').config.meta['lifecycle']['environments'] -%}
    {%- if environment not in environments -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is no environment "' ~ environment ~ '"; there are ' ~ environments | join(', ')
        ) -%}
    {%- endif -%}
    {{ return(environment) }}
{%- endmacro -%}
