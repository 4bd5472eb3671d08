{#- dbt's graph from above: by unique id of a source or node, the ids of the nodes that read it. Call it while `execute` is true. -#}

{%- macro children_of_nodes() -%}
    {%- set children = {} -%}
    {%- for node in graph.nodes.values() -%}
        {%- for parent in node.depends_on.get('nodes', []) -%}
            {%- do children.setdefault(parent, []).append(node.unique_id) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(children) }}
{%- endmacro -%}
