{#- The columns of a dbt model, a node of dbt's graph, that its YAML marks as personal data: `config: {meta: {is_personal: true}}`. -#}

{%- macro personal_columns(node) -%}
    {%- set names = [] -%}
    {%- for column in node.columns.values() if column.get('config', {}).get('meta', {}).get('is_personal', false) -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}
