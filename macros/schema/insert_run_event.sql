{#- The insert statement for one event of a run (`started`, `completed`, `failed`). -#}

{%- macro insert_run_event(event, message) -%}
    insert into {{ millwright.landing_table('runs') }} (
        run_id, invocation_id, pipeline_id, event, command, target_name, as_of, is_full_refresh, recorded_at, message
    )
    values (
        {{ millwright.literal(millwright.run_id()) }},
        {{ millwright.literal(invocation_id) }},
        {{ millwright.literal(var('pipeline_id', none)) }},
        {{ millwright.literal(event) }},
        {{ millwright.literal(flags.WHICH) }},
        {{ millwright.literal(target.name) }},
        {{ millwright.as_of() }},
        {{ millwright.literal(flags.FULL_REFRESH | default(false, true), 'boolean') }},
        {{ millwright.wall_clock() }},
        {{ millwright.literal(message) }}
    )
{%- endmacro -%}
