{#- The part of the project that a dbt node belongs to: the layer of a dbt model and of the tests on it, else its kind (`seeds`, `tests`, …). -#}

{%- macro stage_of_node(node) -%}
    {%- set tested = graph.nodes.get(node.get('attached_node') or '', {}) -%}
    {%- for candidate in [node, tested] if candidate.get('resource_type') == 'model' -%}
        {{ return(candidate.fqn[1]) }}
    {%- endfor -%}
    {{ return(node.resource_type ~ 's') }}
{%- endmacro -%}
