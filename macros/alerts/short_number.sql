{#- A number for a sentence: as text, rounded to so many decimals. -#}

{%- macro short_number(expression, digits=2) -%}
    {{ millwright.float_text('cast(cast(' ~ expression ~ ' as numeric(18, ' ~ digits ~ ')) as ' ~ millwright.sql_type('float8') ~ ')') }}
{%- endmacro -%}
