{#- The dbt nodes that the feature groups are made of, from dbt's graph: a list of dicts in an order in which each comes after what it reads, with
    `node`, `step_order` and `step_type`. -#}

{%- macro feature_steps(groups) -%}
    {%- set nodes = {} -%}
    {#- The list grows while it is walked through. -#}
    {%- set found = groups | map(attribute='node') | list -%}
    {%- for node in found if node.unique_id not in nodes -%}
        {%- do nodes.update({node.unique_id: node}) -%}
        {%- for parent in node.depends_on.nodes if graph.nodes.get(parent, {}).get('resource_type') == 'model' -%}
            {%- do found.append(graph.nodes[parent]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set steps = [] -%}
    {%- set placed = [] -%}
    {%- for round in range(nodes | length) if placed | length < nodes | length -%}
        {%- set ready = [] -%}
        {%- for id, node in nodes.items() if id not in placed -%}
            {%- if not node.depends_on.nodes | select('in', nodes) | reject('in', placed) | list -%}
                {%- do ready.append(id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for id in ready | sort -%}
            {%- set reads_features = nodes[id].depends_on.nodes | select('in', groups | map(attribute='node.unique_id') | list) | list -%}
            {%- set layer = nodes[id].fqn[1] -%}
            {%- do steps.append({
                'node': nodes[id],
                'step_order': round + 1,
                'step_type': {'staging': 'cleaning', 'features': 'derived' if reads_features else 'aggregation'}.get(layer, 'transformation'),
            }) -%}
            {%- do placed.append(id) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(steps) }}
{%- endmacro -%}
