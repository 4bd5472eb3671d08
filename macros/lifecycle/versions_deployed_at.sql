{#- The versions of a model that have traffic in production at a moment, an SQL expression; the one with most traffic first. -#}

{%- macro versions_deployed_at(model_name, at) -%}
    {%- set deployments = millwright.landing_table('deployments') -%}
    {%- set versions = [] -%}
    {%- for row in run_query(
        'select model_version from ' ~ deployments ~ ' as shares where '
        ~ millwright.is_key({'environment': 'production', 'model_name': model_name})
        ~ ' and revision = (select max(newest.revision) from ' ~ deployments ~ ' as newest where newest.project_name = shares.project_name'
        ~ " and newest.environment = 'production' and newest.event_at <= " ~ at ~ ') order by traffic_percent desc, is_candidate, model_version'
    ).rows -%}
        {%- do versions.append(row.model_version) -%}
    {%- endfor -%}
    {{ return(versions) }}
{%- endmacro -%}
