{#- A row as one text that no other row has: every value with its length before it, NULL as a dash. The same on every engine. `columns` are dicts
    with `name` and `data_type`. -#}

{%- macro row_text(columns) -%}
    {%- for column in columns -%}
        {%- set is_float = column.data_type in ['float8', 'float4', 'float', 'real', 'double', 'double precision'] -%}
        {%- set value = millwright.value_text(adapter.quote(column.name), {'is_float': is_float}) -%}
        coalesce(cast(length({{ value }}) as {{ dbt.type_string() }}) || ':' || {{ value }}, '-')
        {{- ' || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
