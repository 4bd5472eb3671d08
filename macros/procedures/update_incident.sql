{#- Procedure: says how an incident goes on: `investigating`, `resolved`, `closed`, or what is known of it by now.

    dbt run-operation update_incident --args '{incident_id: incident-1, actor: bob, status: resolved, details: {root_cause: a renamed column}}' -#}

{%- macro update_incident(incident_id, actor, status=none, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'update_incident' -%}
    {%- set call = millwright.begin_call(procedure, {
        'incident_id': incident_id, 'actor': actor, 'status': status, 'details': details, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set key = {'incident_id': millwright.checked_text(procedure, 'incident_id', incident_id)} -%}
    {%- set incident = millwright.existing_revision(call, 'incidents', key) -%}
    {%- if not details and status is none -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': there is neither a status nor a detail to change') -%}
    {%- endif -%}
    {%- set literals = {} -%}
    {%- for column, text in millwright.checked_incident(call, incident.project_name, details or {}).items() -%}
        {%- do literals.update({column: millwright.literal(text)}) -%}
    {%- endfor -%}
    {%- set change = millwright.append_revision(call, 'incidents', key, status, literals) -%}
    {{ return(millwright.end_call(
        call, key.incident_id ~ ' is ' ~ change.status ~ ', revision ' ~ change.revision, dict(key, status=change.status)
    )) }}
{%- endmacro -%}
