{#- The logistic function of an expression, a probability. Beyond 700 it is 0 or 1 to the last digit, and PostgreSQL makes exp() an error. -#}

{%- macro logistic(expression) -%}
    1 / (1 + exp(-least(greatest({{ expression }}, -700), 700)))
{%- endmacro -%}
