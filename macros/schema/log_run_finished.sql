{#- Hook: appends a row that says how this run ended, and one row per node with what dbt knows of it. -#}

{%- macro log_run_finished(results) -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
        {%- set failed = [] -%}
        {%- set steps = [] -%}
        {%- for result in results -%}
            {%- if result.status in ('error', 'fail', 'runtime error', 'partial success') -%}
                {%- do failed.append(result.node.unique_id) -%}
            {%- endif -%}
            {%- set times = {} -%}
            {%- for phase in result.timing if phase.name == 'execute' -%}
                {%- do times.update({'started_at': phase.started_at, 'completed_at': phase.completed_at}) -%}
            {%- endfor -%}
            {%- do steps.append('(' ~ [
                millwright.literal(millwright.run_id()),
                millwright.literal(invocation_id),
                millwright.literal(result.node.unique_id),
                millwright.literal(result.node.resource_type),
                millwright.literal(result.status),
                millwright.literal(times.get('started_at'), 'timestamp'),
                millwright.literal(times.get('completed_at'), 'timestamp'),
                millwright.literal(result.execution_time, 'float8'),
                millwright.literal((result.adapter_response or {}).get('rows_affected'), 'bigint'),
                millwright.literal(result.failures, 'bigint'),
                millwright.literal((result.adapter_response or {}).get('memory_mb'), 'float8'),
                millwright.literal(result.message)
            ] | join(', ') ~ ')') -%}
        {%- endfor -%}
begin;
        {%- if steps %}
insert into {{ millwright.landing_table('run_steps') }}
    (
        run_id, invocation_id, node_id, resource_type, status, started_at, completed_at, execution_seconds, n_rows, n_failures, memory_mb,
        message
    )
values
    {{ steps | join(',\n    ') }};
        {%- endif %}
{{ millwright.insert_run_event('failed' if failed else 'completed', failed | length ~ ' of ' ~ results | length ~ ' nodes failed') }};
commit;
    {%- endif -%}
{%- endmacro -%}
