{#- The relations of all that the project keeps as a table: dbt models that are no views, and landing tables. Call it while `execute` is true. -#}

{%- macro project_tables() -%}
    {%- set relations = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.package_name == 'millwright' and node.config.materialized not in ['view', 'ephemeral'] -%}
        {%- do relations.append(millwright.relation_of_model(node.name)) -%}
    {%- endfor -%}
    {%- for source in millwright.landing_sources() -%}
        {%- do relations.append(millwright.landing_table(source.name)) -%}
    {%- endfor -%}
    {{ return(relations) }}
{%- endmacro -%}
