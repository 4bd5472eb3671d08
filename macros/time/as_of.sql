{#- The run's one "now" as a timestamp (UTC): the var `as_of`, which `millwright nightly --as-of` passes. -#}

{%- macro as_of() -%}
    {%- set moment = var('as_of') | string -%}
    {%- if not modules.re.match('^\\d{4}-\\d{2}-\\d{2}([ T]\\d{2}:\\d{2}:\\d{2})?$', moment) -%}
        {%- do exceptions.raise_compiler_error(
            'The var as_of is "' ~ moment ~ '"; it must be an ISO date or timestamp in UTC: 1998-07-01 or 1998-07-01 06:00:00'
        ) -%}
    {%- endif -%}
    cast('{{ moment }}' as timestamp)
{%- endmacro -%}
