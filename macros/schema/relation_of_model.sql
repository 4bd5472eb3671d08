{#- The relation of a dbt model or seed of this project by its name, where `ref()` is not at hand or would ask for more: in procedures, hooks and
    materializations. Call it while `execute` is true. -#}

{%- macro relation_of_model(name) -%}
    {%- set node = graph.nodes.get('model.millwright.' ~ name) or graph.nodes['seed.millwright.' ~ name] -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{%- endmacro -%}
