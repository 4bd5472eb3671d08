{#- A number for a sentence: as text, rounded to two decimals. -#}

{%- macro short_number(expression) -%}
    {{ millwright.float_text('cast(cast(' ~ expression ~ ' as numeric(18, 2)) as ' ~ millwright.sql_type('float8') ~ ')') }}
{%- endmacro -%}
