{#- A query of those of these tables that the engine's catalog knows: schema_name, table_name, table_oid, and whether the role may maintain them. -#}

{%- macro tables_by_name(relations) -%}
    {{ return(adapter.dispatch('tables_by_name', 'millwright')(relations)) }}
{%- endmacro -%}

{%- macro default__tables_by_name(relations) -%}
    {%- do exceptions.raise_compiler_error('Only PostgreSQL has a catalog of tables by number, not ' ~ adapter.type()) -%}
{%- endmacro -%}

{%- macro postgres__tables_by_name(relations) -%}
    {%- set names = [] -%}
    {%- for relation in relations -%}
        {%- do names.append('(' ~ millwright.literal(relation.schema) ~ ', ' ~ millwright.literal(relation.identifier) ~ ')') -%}
    {%- endfor -%}
    select
        names.schema_name,
        names.table_name,
        pg_class.oid as table_oid,
        pg_has_role(pg_class.relowner, 'usage') as is_ours
    from (values {{ names | join(', ') }}) as names (schema_name, table_name)
    inner join pg_namespace
        on names.schema_name = pg_namespace.nspname
    inner join pg_class
        on pg_namespace.oid = pg_class.relnamespace and names.table_name = pg_class.relname
    where pg_class.relkind in ('r', 'p')
{%- endmacro -%}
