{#- Those of these names of roles that the server does not know; none where an engine has no roles. -#}

{%- macro missing_roles(names) -%}
    {{ return(adapter.dispatch('missing_roles', 'millwright')(names)) }}
{%- endmacro -%}

{%- macro default__missing_roles(names) -%}
    {{ return([]) }}
{%- endmacro -%}

{%- macro postgres__missing_roles(names) -%}
    {%- set known = run_query('select rolname from pg_roles').columns[0].values() -%}
    {{ return(names | reject('in', known) | list) }}
{%- endmacro -%}
