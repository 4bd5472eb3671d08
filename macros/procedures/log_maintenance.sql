{#- Appends one event of an action of `update_ml_statistics` and commits it. -#}

{%- macro log_maintenance(action, status, started_at, seconds=none) -%}
    {%- do run_query('begin') -%}
    {%- do run_query(
        'insert into ' ~ millwright.landing_table('maintenance_actions')
        ~ ' (started_at, seconds, relation, action, status, message, as_of, run_id) values (' ~ [
            started_at,
            millwright.literal(seconds, 'float8'),
            millwright.literal(action.relation),
            millwright.literal(action.action),
            millwright.literal(status),
            millwright.literal(action.message),
            millwright.as_of(),
            millwright.literal(millwright.run_id()),
        ] | join(', ') ~ ')'
    ) -%}
    {%- do run_query('commit') -%}
{%- endmacro -%}
