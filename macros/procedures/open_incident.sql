{#- Procedure: opens an incident of a project. With the detail `incident_key` it opens once for what it names, until it is resolved.

    dbt run-operation open_incident --args '{project_name: repurchase, title: Scores are NULL, actor: ann, details: {incident_type: system_failure,
        severity: high, model_name: repurchase, affected_versions: [1998.3.0]}}' -#}

{%- macro open_incident(project_name, title, actor, details=none, reason=none, request_id=none) -%}
    {%- set procedure = 'open_incident' -%}
    {%- set call = millwright.begin_call(procedure, {
        'project_name': project_name, 'title': title, 'actor': actor, 'details': details, 'reason': reason, 'request_id': request_id,
    }) -%}
    {%- if call.answer -%}
        {{ return(call.answer) }}
    {%- endif -%}
    {%- set name = millwright.checked_text(procedure, 'project_name', project_name) -%}
    {%- do millwright.existing_revision(call, 'model_projects', {'project_name': name}) -%}
    {%- set values = {'severity': 'medium', 'title': millwright.checked_text(procedure, 'title', title)} -%}
    {%- do values.update(millwright.checked_incident(call, name, details or {})) -%}
    {%- if not values.incident_type -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': the detail incident_type is missing; say what kind of incident it is') -%}
    {%- endif -%}
    {%- set incident = millwright.append_incident(call, name, values) -%}
    {{ return(millwright.end_call(
        call, incident.incident_id ~ ' of ' ~ name ~ (' is open' if incident.is_new else ' was open already'),
        dict(incident, project_name=name)
    )) }}
{%- endmacro -%}
