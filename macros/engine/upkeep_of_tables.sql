{#- What there is to do for those of these tables that are there: a list of dicts with `relation`, `action`, `sql` (none for what may not be done) and
    `message`. Statistics are refreshed; where rows are dead, their room is freed. -#}

{%- macro upkeep_of_tables(relations) -%}
    {{ return(adapter.dispatch('upkeep_of_tables', 'millwright')(relations)) }}
{%- endmacro -%}

{%- macro default__upkeep_of_tables(relations) -%}
    {%- do exceptions.raise_compiler_error('The upkeep of tables is known for DuckDB and PostgreSQL only, not for ' ~ adapter.type()) -%}
{%- endmacro -%}

{%- macro duckdb__upkeep_of_tables(relations) -%}
    {%- set present = [] -%}
    {%- for row in run_query('select schema_name, table_name from duckdb_tables() where database_name = current_database()').rows -%}
        {%- do present.append((row[0], row[1])) -%}
    {%- endfor -%}
    {%- set actions = [] -%}
    {%- for relation in relations if (relation.schema, relation.identifier) in present -%}
        {%- do actions.append({
            'relation': relation.schema ~ '.' ~ relation.identifier,
            'action': 'analyze',
            'sql': 'analyze ' ~ relation,
            'message': none,
        }) -%}
    {%- endfor -%}
    {{ return(actions) }}
{%- endmacro -%}

{%- macro postgres__upkeep_of_tables(relations) -%}
    {%- set found = run_query(
        'with tables as (' ~ millwright.tables_by_name(relations) ~ ') select schema_name, table_name, is_ours, ('
        ~ 'select coalesce(sum(n_dead_tup), 0) from pg_stat_user_tables where relid = tables.table_oid '
        ~ 'or relid in (select relid from pg_partition_tree(tables.table_oid))) as n_dead_rows from tables order by schema_name, table_name'
    ).rows -%}
    {%- set actions = [] -%}
    {%- for row in found -%}
        {%- set table = adapter.quote(row['schema_name']) ~ '.' ~ adapter.quote(row['table_name']) -%}
        {%- set action = {'relation': row[0] ~ '.' ~ row[1], 'action': 'analyze', 'sql': 'analyze ' ~ table, 'message': none} -%}
        {%- if row['n_dead_rows'] -%}
            {%- do action.update({'action': 'vacuum', 'sql': 'vacuum (analyze) ' ~ table, 'message': row['n_dead_rows'] ~ ' dead rows'}) -%}
        {%- endif -%}
        {%- if not row['is_ours'] -%}
            {%- do action.update({'sql': none, 'message': 'the table belongs to another role'}) -%}
        {%- endif -%}
        {%- do actions.append(action) -%}
    {%- endfor -%}
    {{ return(actions) }}
{%- endmacro -%}
