{#- The versions of a project that have traffic in some environment now, as a list of (model_name, model_version, environment). -#}

{%- macro versions_with_traffic(project_name) -%}
    {%- set deployments = millwright.landing_table('deployments') -%}
    {%- set found = [] -%}
    {%- for row in run_query(
        'select model_name, model_version, environment from ' ~ deployments ~ ' as deployments where '
        ~ millwright.is_key({'project_name': project_name}) ~ ' and revision = (select max(newest.revision) from ' ~ deployments
        ~ ' as newest where newest.project_name = deployments.project_name and newest.environment = deployments.environment)'
        ~ ' order by environment, model_name, model_version'
    ).rows -%}
        {%- do found.append((row.model_name, row.model_version, row.environment)) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}
