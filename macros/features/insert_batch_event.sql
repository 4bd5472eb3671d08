{#- The insert statement for one event of a feature group's build: `created` (its table, empty), or `started` or `completed` (a batch). -#}

{%- macro insert_batch_event(group, build, event, batch=none, n_rows=none, seconds=none) -%}
    insert into {{ millwright.landing_table('feature_batches') }} (
        feature_group, feature_version, build_id, event, first_snapshot_at, last_snapshot_at, n_rows, seconds, recorded_at,
        as_of, run_id, invocation_id
    )
    values (
        {{ millwright.literal(group.name) }},
        {{ build.version }},
        {{ millwright.literal(build.build_id) }},
        {{ millwright.literal(event) }},
        {{ millwright.literal(batch['first_at'] if batch else none, 'timestamp') }},
        {{ millwright.literal(batch['last_at'] if batch else none, 'timestamp') }},
        {{ millwright.literal(n_rows, 'bigint') }},
        {{ millwright.literal(seconds, 'float8') }},
        {{ millwright.wall_clock() }},
        {{ millwright.as_of() }},
        {{ millwright.literal(millwright.run_id()) }},
        {{ millwright.literal(invocation_id) }}
    )
{%- endmacro -%}
