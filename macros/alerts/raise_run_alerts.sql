{#- Hook, after the run's end is logged: opens alerts about runs that failed or died and resolves those whose cause is gone. It reads landing tables
    only, since a run that failed may leave no mart behind to ask. -#}

{%- macro raise_run_alerts() -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
        {%- set alert_events = millwright.landing_table('alert_events') -%}
        {%- set causes -%}
            (
                select
                    failed.*,
                    'run' as alert_type,
                    'critical' as severity
                from ({{ millwright.failed_runs(millwright.landing_table('runs')) }}) as failed
            )
        {%- endset -%}
begin;
        {%- if millwright.lock_table(alert_events) %}
{{ millwright.lock_table(alert_events) }};
        {%- endif %}
insert into {{ alert_events }} (alert_id, alert_key, event, severity, alert_type, subject, message, event_at, actor, known_at, run_id)
select
    due.*,
    {{ millwright.literal(millwright.run_id()) }}
from ({{ millwright.alert_changes(causes, alert_events, ['run'], millwright.wall_clock()) }}) as due;
commit;
    {%- endif -%}
{%- endmacro -%}
