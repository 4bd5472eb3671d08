{#- Opens an incident of a project, `values` by column, unless one with the same incident_key is not resolved yet. Returns a dict: incident_id and
    is_new. -#}

{%- macro append_incident(call, project_name, values) -%}
    {%- if values.incident_key -%}
        {%- set incidents = millwright.landing_table('incidents') -%}
        {%- for row in run_query(
            'select incident_id from ' ~ incidents ~ ' as incidents where '
            ~ millwright.is_key({'project_name': project_name, 'incident_key': values.incident_key})
            ~ " and status in ('open', 'investigating') and revision = (select max(newest.revision) from " ~ incidents
            ~ ' as newest where newest.incident_id = incidents.incident_id)'
        ).rows -%}
            {{ return({'incident_id': row.incident_id, 'is_new': false}) }}
        {%- endfor -%}
    {%- endif -%}
    {%- set incident_id = millwright.next_id('incidents', 'incident') -%}
    {%- set literals = {'project_name': millwright.literal(project_name)} -%}
    {%- for column, value in values.items() -%}
        {%- do literals.update({column: millwright.literal(value)}) -%}
    {%- endfor -%}
    {%- do millwright.append_revision(call, 'incidents', {'incident_id': incident_id}, 'open', literals) -%}
    {{ return({'incident_id': incident_id, 'is_new': true}) }}
{%- endmacro -%}
