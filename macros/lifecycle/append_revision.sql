{#- The one way in which anything of the lifecycle changes: appends the next revision of a thing, after the seed `lifecycle_transitions` allowed the
    change of status. What the call does not name stays as it was. Call it between `begin_call` and `end_call`, which hold the lock. -#}

{%- macro append_revision(call, table, key, status=none, details={}) -%}
    {%- set source = millwright.landing_source(table) -%}
    {%- set thing = source.config.meta['lifecycle']['entity'] ~ ' ' ~ key.values() | join(' ') -%}
    {%- set held = millwright.newest_revision(table, key) -%}
    {%- if status is not none -%}
        {%- do millwright.check_transition(call, source.config.meta['lifecycle']['entity'], thing, held.status, status) -%}
    {%- endif -%}
    {%- do millwright.check_history(call, thing, held) -%}
    {%- set row = {'revision': (held.revision or 0) + 1} -%}
    {%- if status is not none -%}
        {%- do row.update({'status': millwright.literal(status)}) -%}
    {%- endif -%}
    {%- do row.update(details) -%}
    {%- set stamped = millwright.lifecycle_stamp(call).keys() | list -%}
    {%- set of_held = ' from ' ~ millwright.landing_table(table) ~ ' where ' ~ millwright.is_key(key) ~ ' and revision = ' ~ held.revision ~ ')' -%}
    {%- for column in source.columns.keys() if column not in stamped -%}
        {%- if column in key -%}
            {%- do row.update({column: millwright.literal(key[column])}) -%}
        {%- elif held and column not in row -%}
            {%- do row.update({column: '(select ' ~ column ~ of_held}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do millwright.insert_lifecycle_rows(call, table, [row]) -%}
    {{ return({'revision': row.revision, 'status': status or held.status, 'from_status': held.status}) }}
{%- endmacro -%}
