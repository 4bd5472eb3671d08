{#- What `acknowledge_alert` and `resolve_alert` have in common: checks the alert and the actor, then appends the event, in one transaction. -#}

{%- macro append_alert_event(procedure, event, alert_id, actor, note=none) -%}
    {%- set events = millwright.landing_table('alert_events') -%}
    {%- if not (actor or '') | string | trim -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': actor is empty; say who you are') -%}
    {%- endif -%}
    {%- do run_query('begin') -%}
    {%- if millwright.lock_table(events) -%}
        {%- do run_query(millwright.lock_table(events)) -%}
    {%- endif -%}
    {%- set of_alert = ' from ' ~ events ~ ' where alert_id = ' ~ millwright.literal(alert_id) -%}
    {%- set known = run_query('select event, actor, event_at' ~ of_alert ~ ' order by event_at').rows -%}
    {%- if not known -%}
        {%- set open = run_query(
            'select alert_id, max(subject) from ' ~ events ~ " group by alert_id having count(case when event = 'resolved' then 1 end) = 0"
            ~ ' order by max(event_at) desc limit 5'
        ).rows -%}
        {%- set listed = [] -%}
        {%- for row in open -%}
            {%- do listed.append(row[0] ~ ' (' ~ row[1] ~ ')') -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': there is no alert "' ~ alert_id ~ '"; '
            ~ ('the newest that are open are ' ~ listed | join(', ') if listed else 'none is open')
        ) -%}
    {%- endif -%}
    {%- for row in known if row[0] == 'resolved' -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': the alert ' ~ alert_id ~ ' is resolved already, by ' ~ row[1] ~ ' at ' ~ row[2]
            ~ '; if its cause comes back, a new one opens'
        ) -%}
    {%- endfor -%}
    {%- do run_query(
        'insert into ' ~ events ~ ' (alert_id, alert_key, event, severity, alert_type, subject, message, actor, event_at, known_at, run_id)'
        ~ ' select alert_id, max(alert_key), ' ~ millwright.literal(event) ~ ', max(severity), max(alert_type), max(subject), '
        ~ [millwright.literal(note), millwright.literal(actor | string | trim), millwright.wall_clock(), millwright.wall_clock()] | join(', ')
        ~ ', ' ~ millwright.literal(millwright.run_id()) ~ of_alert ~ ' group by alert_id'
    ) -%}
    {%- do run_query('commit') -%}
    {%- do log(procedure ~ ': ' ~ event ~ ' the alert ' ~ alert_id, info=true) -%}
{%- endmacro -%}
