{#- Plain schema names (`evaluation`) where the target's schema is the var `plain_schema`; elsewhere prefixed with the target's schema
    (`dev_ann_evaluation`), so that developers on one server never meet. -#}

{%- macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.schema == var('plain_schema') -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro -%}
