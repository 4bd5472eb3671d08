{#- The columns of the relation that a profile covers, as `column_kinds` gives them: all, or those named in `columns`. -#}

{%- macro profiled_columns(relation, columns=none) -%}
    {%- set found = millwright.column_kinds(relation) -%}
    {%- if columns is none or not found -%}
        {{ return(found) }}
    {%- endif -%}
    {%- for name in columns if name not in found | map(attribute='name') -%}
        {%- do exceptions.raise_compiler_error(
            'There is no column "' ~ name ~ '" in ' ~ relation ~ '; it has ' ~ found | map(attribute='name') | join(', ')
        ) -%}
    {%- endfor -%}
    {{ return(found | selectattr('name', 'in', columns) | list) }}
{%- endmacro -%}
