{#- An argument of a procedure that is a text, without blanks around it; none if it is blank and need not be there. Raises a compiler error for what
    is missing or no text: YAML reads 1.10 as a number, which is 1.1. -#}

{%- macro checked_text(procedure, argument, value, is_required=true) -%}
    {%- if value is not none and (value is not string or '\0' in value) -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ argument ~ ' is ' ~ tojson(millwright.plain_value(value)) ~ ', no text; put it in quotes'
        ) -%}
    {%- endif -%}
    {%- set text = (value or '') | trim -%}
    {%- if is_required and (not text or text | lower == 'null') -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': ' ~ argument ~ ' is empty' ~ ('; say who you are' if argument == 'actor' else '; it has to be said')
        ) -%}
    {%- endif -%}
    {{ return(text or none) }}
{%- endmacro -%}
