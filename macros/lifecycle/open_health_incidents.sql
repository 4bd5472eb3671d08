{#- Opens one incident a version for all triggers that hold of it, `triggers` as `holding_triggers` gives them, and returns the ids of the new ones.
    Keys that begin with `health:` are left out where incidents count against health. -#}

{%- macro open_health_incidents(call, project_name, triggers) -%}
    {%- set by_version = {} -%}
    {%- for trigger in triggers -%}
        {%- do by_version.setdefault((trigger.model_name, trigger.model_version), []).append(trigger) -%}
    {%- endfor -%}
    {%- set opened = [] -%}
    {%- for key, causes in by_version.items() -%}
        {%- set name = key | join(' ') -%}
        {%- set measures = causes | map(attribute='measure') | list -%}
        {%- set incident = millwright.append_incident(call, project_name, {
            'incident_key': 'health:' ~ name,
            'incident_type': 'accuracy_drop' if 'accuracy_rate' in measures
                else 'data_drift' if measures == ['drift_psi'] else 'performance_degradation',
            'severity': 'high',
            'title': name ~ ' is unwell: ' ~ causes | map(attribute='trigger_type') | join(', '),
            'description': causes | map(attribute='said') | join('; '),
            'model_name': key[0],
            'affected_versions': tojson([key[1]]),
        }) -%}
        {%- if incident.is_new -%}
            {%- do opened.append(incident.incident_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(opened) }}
{%- endmacro -%}
