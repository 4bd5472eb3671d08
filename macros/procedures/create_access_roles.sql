{#- Procedure: makes the group roles of the var `access_roles` on PostgreSQL and gives them their rights on all that is built.

    dbt run-operation create_access_roles

    Called again it makes what is missing and puts right what differs. The caller owns the database and may create roles. All schemas, tables and
    views of the project become the role `owner`'s; later runs grant on what they build by themselves. Everything in one transaction. -#}

{%- macro create_access_roles() -%}
    {%- set procedure = 'create_access_roles' -%}
    {%- set roles = millwright.access_roles() -%}
    {%- set nodes = millwright.project_nodes() -%}
    {%- do run_query('begin') -%}
    {%- set new = millwright.make_access_roles(procedure, roles) -%}
    {%- set n_handed_over = millwright.hand_over(nodes | map(attribute='schema') | unique, roles['owner']) if 'owner' in roles else 0 -%}
    {%- set statements = millwright.access_statements(nodes) -%}
    {%- if statements -%}
        {%- do run_query(statements | join('; ')) -%}
    {%- endif -%}
    {%- do run_query('commit') -%}
    {%- do log(
        procedure ~ ': ' ~ (new | join(', ') ~ ' made' if new else 'all roles were there') ~ '; ' ~ n_handed_over
        ~ ' schemas and relations handed over; ' ~ (statements | join('; ')).count('grant ') ~ ' rights granted',
        info=true
    ) -%}
{%- endmacro -%}
