{#- Hook: appends one row per edge of dbt's graph that leads to a table or view which this run built, with the rows that both ends hold now. -#}

{%- macro log_run_lineage(results) -%}
    {%- set edges = [] -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
        {%- set ends = {} -%}
        {%- for result in results if result.status == 'success' and result.node.resource_type in ['model', 'snapshot'] -%}
            {%- for parent in graph.nodes[result.node.unique_id].depends_on.nodes | unique -%}
                {%- do edges.append([parent, result.node.unique_id]) -%}
                {%- do ends.update({parent: none, result.node.unique_id: none}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set n_rows = millwright.rows_of_tables(ends | list) -%}
    {%- endif -%}
    {%- if edges -%}
begin;
insert into {{ millwright.landing_table('run_edges') }}
    (run_id, invocation_id, source_id, target_id, n_source_rows, n_target_rows, recorded_at)
values
        {%- for edge in edges %}
    (
        {{ millwright.literal(millwright.run_id()) }},
        {{ millwright.literal(invocation_id) }},
        {{ millwright.literal(edge[0]) }},
        {{ millwright.literal(edge[1]) }},
        {{ millwright.literal(n_rows.get(edge[0]), 'bigint') }},
        {{ millwright.literal(n_rows.get(edge[1]), 'bigint') }},
        {{ millwright.wall_clock() }}
    ){{ ',' if not loop.last else ';' }}
        {%- endfor %}
commit;
    {%- endif -%}
{%- endmacro -%}
