{#- A number for which there is a bin, as an SQL expression of float8: what is not a number and what is beyond all measure counts as missing. -#}

{%- macro measurable(number) -%}
    {%- set value = 'cast(' ~ number ~ ' as ' ~ millwright.sql_type('float8') ~ ')' -%}
    case when abs({{ value }}) < 1e150 then {{ value }} end
{%- endmacro -%}
