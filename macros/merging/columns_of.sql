{#- The columns of a relation as the warehouse has them, by lower-case name. Call it while `execute` is true. -#}

{%- macro columns_of(relation) -%}
    {%- if relation is string or relation.is_cte -%}
        {%- do exceptions.raise_compiler_error(
            'The columns of ' ~ relation ~ ' cannot be read: it is a CTE, as every input of a unit test is. Give the argument `columns`.'
        ) -%}
    {%- endif -%}
    {%- set held = load_relation(relation) -%}
    {%- if not held -%}
        {%- do exceptions.raise_compiler_error(
            'The columns of ' ~ relation ~ ' cannot be read: it does not exist yet. Build it first, or give the argument `columns`.'
        ) -%}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for column in adapter.get_columns_in_relation(held) -%}
        {%- set name = column.name | lower -%}
        {%- if name in columns -%}
            {%- do exceptions.raise_compiler_error(relation ~ ' has two columns whose names differ in case only: ' ~ name) -%}
        {%- endif -%}
        {#- dbt invents a length for text that has none. -#}
        {%- set data_type = column.dtype if column.is_string() and not column.char_size else column.data_type -%}
        {%- do columns.update({name: {'quoted': column.quoted, 'data_type': data_type | lower}}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}
