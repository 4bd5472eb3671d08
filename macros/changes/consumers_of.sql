{#- The ids of all nodes that depend on a node, however indirectly, by what `children_of_nodes` returns. -#}

{%- macro consumers_of(node_id, children) -%}
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
