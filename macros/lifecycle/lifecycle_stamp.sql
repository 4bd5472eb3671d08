{#- What every row of the lifecycle says of the call that wrote it: SQL expressions by column. -#}

{%- macro lifecycle_stamp(call) -%}
    {{ return({
        'actor': millwright.literal(call.actor),
        'reason': millwright.literal(call.reason),
        'request_id': millwright.literal(call.request_id),
        'event_at': millwright.as_of(),
        'known_at': millwright.as_of(),
        'recorded_at': millwright.wall_clock(),
        'run_id': millwright.literal(millwright.run_id()),
    }) }}
{%- endmacro -%}
