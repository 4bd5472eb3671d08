{#- Lets a call go on if the version is approved and passes the quality gates of the environment. If not, the call ends here: the decisions of the
    gates and an incident stay, and it raises why. -#}

{%- macro require_deployable(call, version, environment, incumbent) -%}
    {%- set name = version.model_name ~ ' ' ~ version.model_version -%}
    {%- if version.status not in ('approved', 'deployed') -%}
        {%- set problem = 'the version ' ~ name ~ ' is ' ~ version.status
            ~ ', not approved; it takes review_model_version and approve_model_version' -%}
    {%- else -%}
        {%- set problem = millwright.decide_gates(call, version, environment, incumbent).problem -%}
    {%- endif -%}
    {%- if problem -%}
        {%- set incident = millwright.append_incident(call, version.project_name, {
            'incident_key': 'deployment_failure:' ~ environment ~ ':' ~ name,
            'incident_type': 'deployment_failure',
            'severity': 'high',
            'title': name ~ ' could not be deployed to ' ~ environment,
            'description': problem,
            'environment': environment,
            'model_name': version.model_name,
            'affected_versions': tojson([version.model_version]),
        }) -%}
        {%- do millwright.end_call(
            call, problem ~ '. Nothing is deployed, the traffic stays as it was (' ~ incident.incident_id ~ ')',
            {'incident_id': incident.incident_id}, is_refused=true
        ) -%}
    {%- endif -%}
{%- endmacro -%}
