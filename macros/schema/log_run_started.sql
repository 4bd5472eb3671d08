{#- Hook: appends a row that says this run started. A run that never says how it ended has died: the next of a pipeline tells. -#}

{%- macro log_run_started() -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
begin;
{{ millwright.insert_run_event('started', none) }};
commit;
    {%- endif -%}
{%- endmacro -%}
