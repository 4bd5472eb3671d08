{#- Hook: appends to `ops.source_watermarks` what the run detected of each source table, if all its work on it succeeded: every dbt model and snapshot
    that depends on the table was built in this run, and no test of them failed. Else the watermark stays: the next run finds the same changes.
    A retry passes what earlier invocations of its run have built as the var `outcomes_before`, dbt's statuses by node. -#}

{%- macro commit_source_watermarks(results) -%}
    {%- set statements = [] -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() and not flags.EMPTY and not flags.SAMPLE -%}
        {%- set outcomes = {} -%}
        {%- do outcomes.update(var('outcomes_before', {})) -%}
        {%- for result in results -%}
            {%- do outcomes.update({result.node.unique_id: result.status | string}) -%}
        {%- endfor -%}
        {%- set children = millwright.children_of_nodes() -%}
        {%- set landing = millwright.landing_table('source_watermarks') -%}
        {%- set columns = millwright.landing_source('source_watermarks').columns | join(', ') -%}
        {%- for detector in graph.nodes.values() if detector.config.get('meta', {}).get('detects_changes_of')
            and outcomes.get(detector.unique_id) == 'success' -%}
            {%- set missing = [] -%}
            {%- set source_id = 'source.' ~ detector.package_name ~ '.' ~ detector.config.meta.detects_changes_of -%}
            {%- for node_id in millwright.consumers_of(source_id, children) -%}
                {%- set node = graph.nodes[node_id] -%}
                {%- set is_built = node.resource_type in ['model', 'snapshot'] and node.config.materialized != 'ephemeral' -%}
                {%- set outcome = outcomes.get(node_id, 'not run') -%}
                {%- if outcome not in (['success'] if is_built else ['pass', 'warn', 'success', 'not run']) -%}
                    {%- do missing.append(node.name ~ ': ' ~ outcome) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if missing -%}
                {%- do log('The watermark of ' ~ detector.config.meta.detects_changes_of ~ ' stays: ' ~ missing | join(', ')) -%}
            {%- else -%}
                {%- do statements.append(
                    'insert into ' ~ landing ~ ' (' ~ columns ~ ')\nselect ' ~ columns ~ '\nfrom ' ~ detector.relation_name ~ ' as found\n'
                    ~ 'where run_id = ' ~ millwright.literal(millwright.run_id()) ~ ' and not exists (\n    select 1 from ' ~ landing ~ ' as held\n'
                    ~ '    where held.source_name = found.source_name and held.table_name = found.table_name and held.revision >= found.revision\n)'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if statements -%}
begin;
{{ statements | join(';\n') }};
commit;
    {%- endif -%}
{%- endmacro -%}
