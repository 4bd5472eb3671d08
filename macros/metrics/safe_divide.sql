{#- `numerator / denominator` as a float; NULL where the denominator is zero or either side is NULL. -#}

{%- macro safe_divide(numerator, denominator) -%}
    (cast({{ numerator }} as {{ millwright.sql_type('float8') }}) / nullif({{ denominator }}, 0))
{%- endmacro -%}
