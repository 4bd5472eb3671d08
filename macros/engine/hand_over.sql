{#- Makes a role the owner of these schemas, and of the tables and views in them, within the caller's transaction. Returns how many of all that
    another role owned before. -#}

{%- macro hand_over(schemas, owner) -%}
    {{ return(adapter.dispatch('hand_over', 'millwright')(schemas, owner)) }}
{%- endmacro -%}

{%- macro default__hand_over(schemas, owner) -%}
    {%- do exceptions.raise_compiler_error('Only PostgreSQL has owners of tables, not ' ~ adapter.type()) -%}
{%- endmacro -%}

{%- macro postgres__hand_over(schemas, owner) -%}
    {%- set listed = [] -%}
    {%- for schema in schemas -%}
        {%- do listed.append(millwright.literal(schema)) -%}
    {%- endfor -%}
    {%- set to_owner = " owner to ' || " ~ millwright.literal(adapter.quote(owner)) -%}
    {%- set of_others = ' and pg_get_userbyid({}) <> ' ~ millwright.literal(owner) -%}
    {%- set statements = run_query(
        "select 'alter schema ' || quote_ident(nspname) || '" ~ to_owner ~ ' from pg_namespace where nspname in (' ~ listed | join(', ') ~ ')'
        ~ of_others.format('nspowner')
        ~ " union all select 'alter table ' || pg_class.oid::regclass || '" ~ to_owner
        ~ ' from pg_class inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid where nspname in (' ~ listed | join(', ') ~ ')'
        ~ " and relkind in ('r', 'p', 'v', 'm')" ~ of_others.format('relowner')
    ).columns[0].values() -%}
    {%- if statements -%}
        {%- do run_query(statements | join('; ')) -%}
    {%- endif -%}
    {{ return(statements | length) }}
{%- endmacro -%}
