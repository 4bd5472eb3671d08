{#- The ids of all nodes of dbt's graph that depend on a node, however indirectly. Call it while `execute` is true. -#}

{%- macro consumers_of(node_id) -%}
    {%- set children = {} -%}
    {%- for node in graph.nodes.values() -%}
        {%- for parent in node.depends_on.get('nodes', []) -%}
            {%- do children.setdefault(parent, []).append(node.unique_id) -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- The list grows while it is walked through. -#}
    {%- set found = [node_id] -%}
    {%- set seen = {node_id: true} -%}
    {%- for parent in found -%}
        {%- for child in children.get(parent, []) -%}
            {%- if child not in seen -%}
                {%- do seen.update({child: true}) -%}
                {%- do found.append(child) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found[1:]) }}
{%- endmacro -%}
