{#- Whether a text is a date that there is, written as 1998-07-01. -#}

{%- macro is_iso_date(text) -%}
    {%- if not modules.re.match('^(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', text) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set year = text[:4] | int -%}
    {%- set is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
    {%- set days = [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {{ return(text[8:] | int <= days[text[5:7] | int - 1]) }}
{%- endmacro -%}
