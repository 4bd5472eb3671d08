{#- The names that people know of dbt's unique ids, sorted: `schema.table` for sources. -#}

{%- macro names_of_nodes(unique_ids) -%}
    {%- set names = [] -%}
    {%- for id in unique_ids -%}
        {%- do names.append(id.split('.')[2:] | join('.')) -%}
    {%- endfor -%}
    {{ return(names | sort) }}
{%- endmacro -%}
