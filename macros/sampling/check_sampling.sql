{#- Raises a compiler error for arguments that no sample can be drawn with. It names `macro_name`, the macro that they were given to. -#}

{%- macro check_sampling(macro_name, relation, columns, numbers, added) -%}
    {%- for argument, given in columns.items() -%}
        {%- set names = [given] if given is string else given -%}
        {%- if names is not sequence or names is mapping or not names
            or names | select('string') | list | length < names | length or '' in names -%}
            {%- do exceptions.raise_compiler_error(
                macro_name ~ ': ' ~ argument ~ ' is "' ~ given ~ '"; it must be the name of a column, or a list with at least one'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for argument, given in numbers.items() if given is not integer or given < 1 -%}
        {%- do exceptions.raise_compiler_error(macro_name ~ ': ' ~ argument ~ ' is "' ~ given ~ '"; it must be a whole number from 1 on') -%}
    {%- endfor -%}
    {#- What a CTE or a query has cannot be told here. -#}
    {%- if execute and added and relation is not string and not relation.is_cte and load_relation(relation) -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.name | lower in added -%}
            {%- do exceptions.raise_compiler_error(
                macro_name ~ ': ' ~ relation ~ ' has a column ' ~ column.name ~ ', which the result would have twice; rename it first'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
