{#- A value of a profiled column as text that is the same on every engine. `column` is an item of `profiled_columns`. -#}

{%- macro value_text(expression, column) -%}
    {%- if column.is_float -%}
        {{ millwright.float_text(expression) }}
    {%- else -%}
        cast({{ expression }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro -%}
