{#- Whether a number is neither NaN nor infinite; NULL for NULL. -#}

{%- macro is_finite(expression) -%}
    {{ return(adapter.dispatch('is_finite', 'millwright')(expression)) }}
{%- endmacro -%}

{#- NaN equals itself here and is above all numbers. -#}
{%- macro default__is_finite(expression) -%}
    (abs({{ expression }}) < cast('Infinity' as {{ millwright.sql_type('float8') }}))
{%- endmacro -%}
