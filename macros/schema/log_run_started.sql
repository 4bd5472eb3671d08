{#- Hook: appends a row that says this run started, and one per node that it sets out to work on. A run that never says how it ended has died: the
    next of a pipeline tells. -#}

{%- macro log_run_started() -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
        {%- set nodes = [] -%}
        {%- for id in selected_resources | sort if id in graph.nodes -%}
            {%- set node = graph.nodes[id] -%}
            {%- do nodes.append('(' ~ [
                millwright.literal(millwright.run_id()),
                millwright.literal(invocation_id),
                millwright.literal(id),
                millwright.literal(node.resource_type),
                millwright.literal(millwright.stage_of_node(node)),
                millwright.wall_clock()
            ] | join(', ') ~ ')') -%}
        {%- endfor -%}
begin;
{{ millwright.insert_run_event('started', none) }};
        {%- if nodes %}
insert into {{ millwright.landing_table('run_nodes') }} (run_id, invocation_id, node_id, resource_type, stage, recorded_at)
values
    {{ nodes | join(',\n    ') }};
        {%- endif %}
commit;
    {%- endif -%}
{%- endmacro -%}
