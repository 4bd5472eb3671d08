{#- Procedure: says that somebody looks after an alert. It stays open.

    dbt run-operation acknowledge_alert --args '{alert_id: 3f0c…, actor: ann, note: the loader is being restarted}' -#}

{%- macro acknowledge_alert(alert_id, actor, note=none) -%}
    {%- do millwright.append_alert_event('acknowledge_alert', 'acknowledged', alert_id, actor, note) -%}
{%- endmacro -%}
