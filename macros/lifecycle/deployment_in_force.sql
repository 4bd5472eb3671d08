{#- The deployment that is in force for a project in an environment, or that of a revision: a dict of its columns, with `shares`, a list of its rows,
    the largest first; empty if there is none. -#}

{%- macro deployment_in_force(project_name, environment, revision=none) -%}
    {%- set deployments = millwright.landing_table('deployments') -%}
    {%- set of_slot = ' where ' ~ millwright.is_key({'project_name': project_name, 'environment': environment}) -%}
    {%- set shares = [] -%}
    {%- for row in run_query(
        'select *, event_at > ' ~ millwright.as_of() ~ ' as is_after_as_of from ' ~ deployments ~ of_slot ~ ' and revision = '
        ~ (revision or '(select max(revision) from ' ~ deployments ~ of_slot ~ ')') ~ ' order by traffic_percent desc, is_candidate'
    ).rows -%}
        {%- do shares.append(dict(row.dict())) -%}
    {%- endfor -%}
    {{ return(dict(shares[0], shares=shares) if shares else {}) }}
{%- endmacro -%}
