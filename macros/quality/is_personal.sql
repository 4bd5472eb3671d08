{#- Whether the YAML of a dbt model marks a column as personal data: `config: {meta: {is_personal: true}}`. -#}

{%- macro is_personal(model_name, column_name) -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
        {{ return(node.columns.get(column_name, {}).get('config', {}).get('meta', {}).get('is_personal', false)) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro -%}
