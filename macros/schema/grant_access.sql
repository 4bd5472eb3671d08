{#- Hook: the statements, in one transaction, that give the roles of `access_roles` their rights on the project's schemas and its landing tables. What
    they may do with the relations that a run builds is granted as these are built, by `apply_grants`. Raises a compiler error that names roles which
    are not there. -#}

{%- macro grant_access() -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() and millwright.access_roles() -%}
        {%- set missing = millwright.missing_roles(millwright.access_roles().values()) -%}
        {%- if missing -%}
            {%- do exceptions.raise_compiler_error(
                'There is no role ' ~ missing | join(', ') ~ ', which the var access_roles names. The owner of the database makes it: '
                ~ 'dbt run-operation create_access_roles'
            ) -%}
        {%- endif -%}
begin;
        {%- for statement in millwright.access_statements(millwright.landing_sources()) %}
{{ statement }};
        {%- endfor %}
commit;
    {%- endif -%}
{%- endmacro -%}
