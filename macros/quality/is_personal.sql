{#- Whether the YAML of a dbt model marks a column as personal data. -#}

{%- macro is_personal(model_name, column_name) -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
        {{ return(column_name in millwright.personal_columns(node)) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro -%}
