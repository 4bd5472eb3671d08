{#- The project's dbt models, seeds and landing tables, as dbt's graph has them. Call it while `execute` is true. -#}

{%- macro project_nodes() -%}
    {%- set nodes = graph.nodes.values() | selectattr('package_name', 'equalto', 'millwright') -%}
    {{ return(nodes | selectattr('resource_type', 'in', ['model', 'seed']) | list + millwright.landing_sources()) }}
{%- endmacro -%}
