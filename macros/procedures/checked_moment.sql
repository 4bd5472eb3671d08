{#- The argument `moment` of a procedure as an SQL literal; as_of if none is given. Raises a compiler error for what is no moment and for one after
    as_of. -#}

{%- macro checked_moment(procedure, moment) -%}
    {%- if moment is none -%}
        {{ return(millwright.as_of()) }}
    {%- endif -%}
    {%- if not modules.re.match('^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])([ T]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d)?$', moment | string) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the moment "' ~ moment ~ '" is no ISO date or timestamp in UTC, such as 1998-07-01 or 1998-07-01 06:00:00'
        ) -%}
    {%- endif -%}
    {%- set at = modules.datetime.datetime.fromisoformat(moment | string) -%}
    {%- if at > modules.datetime.datetime.fromisoformat(var('as_of') | string) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the moment ' ~ moment ~ ' lies after as_of, ' ~ var('as_of') ~ '; what is known then is not known yet'
        ) -%}
    {%- endif -%}
    {{ return(millwright.literal(at, 'timestamp')) }}
{%- endmacro -%}
