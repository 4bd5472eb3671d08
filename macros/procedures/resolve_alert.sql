{#- Procedure: closes an alert. If its cause is observed again later, a new one opens.

    dbt run-operation resolve_alert --args '{alert_id: 3f0c…, actor: ann, note: delivered by hand}' -#}

{%- macro resolve_alert(alert_id, actor, note=none) -%}
    {%- do millwright.append_alert_event('resolve_alert', 'resolved', alert_id, actor, note) -%}
{%- endmacro -%}
