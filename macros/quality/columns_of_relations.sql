{#- The columns of relations: from name to a dict of the items of `column_kinds` by column; an empty one for what is not built. -#}

{%- macro columns_of_relations(relations) -%}
    {%- set columns = {} -%}
    {%- for name, relation in relations.items() -%}
        {%- do columns.update({name: {}}) -%}
        {%- for column in millwright.column_kinds(relation) -%}
            {%- do columns[name].update({column.name: column}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}
