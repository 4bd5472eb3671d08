{#- A p value for a sentence: `= 0.0312`, or `< 0.0001`. -#}

{%- macro short_p_value(expression) -%}
    case when {{ expression }} < 0.0001 then '< 0.0001' else '= ' || {{ millwright.short_number(expression, 4) }} end
{%- endmacro -%}
