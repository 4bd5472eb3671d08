{#- A query with a row per table that is there: name, n_rows. `tables` are relations by name; views are left out. Nothing if there is no table or the
    engine cannot tell. Call it while `execute` is true. -#}

{%- macro table_sizes(tables) -%}
    {{ return(adapter.dispatch('table_sizes', 'millwright')(tables)) }}
{%- endmacro -%}

{%- macro default__table_sizes(tables) -%}
    {%- set present = [] -%}
    {%- for row in run_query("select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'").rows -%}
        {%- do present.append(row[0] ~ '.' ~ row[1]) -%}
    {%- endfor -%}
    {%- set counts = [] -%}
    {%- for name, relation in tables.items() if relation.schema ~ '.' ~ relation.identifier in present -%}
        {%- do counts.append('select ' ~ millwright.literal(name) ~ ' as name, count(*) as n_rows from ' ~ relation) -%}
    {%- endfor -%}
    {{ return(counts | join('\nunion all\n')) }}
{%- endmacro -%}

{#- Counting would read every table; the planner's statistics are refreshed whenever the project has written one. -#}
{%- macro postgres__table_sizes(tables) -%}
    {%- set names = [] -%}
    {%- for name, relation in tables.items() -%}
        {%- do names.append('(' ~ millwright.literal(name) ~ ', to_regclass(' ~ millwright.literal(relation.include(database=false)) ~ '))') -%}
    {%- endfor -%}
    {%- if names -%}
        {{ return(
            'select named.name, cast(pg_class.reltuples as bigint) as n_rows from (values ' ~ names | join(', ') ~ ') as named (name, relation)'
            ~ " inner join pg_class on named.relation = pg_class.oid where pg_class.relkind in ('r', 'p') and pg_class.reltuples >= 0"
        ) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro spark__table_sizes(tables) -%}
{%- endmacro -%}
