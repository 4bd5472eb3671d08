{#- The statements that make a landing table from its YAML, each harmless where its object exists: a list of SQL texts.
    `columns` are the source's columns, `meta` its `config.meta`: `partition_by` (a timestamp column), `indexes` and
    `unique_indexes` (lists of columns). -#}

{%- macro landing_table_statements(relation, columns, meta) -%}
    {{ return(adapter.dispatch('landing_table_statements', 'millwright')(relation, columns, meta)) }}
{%- endmacro -%}

{%- macro default__landing_table_statements(relation, columns, meta) -%}
    {%- set definitions = [] -%}
    {%- for column in columns -%}
        {%- do definitions.append(column.name ~ ' ' ~ millwright.sql_type(column.data_type)) -%}
    {%- endfor -%}
    {{ return(['create table if not exists ' ~ relation ~ ' (' ~ definitions | join(', ') ~ ')']) }}
{%- endmacro -%}

{#- PostgreSQL: a partition a month from the start of history to three months past as_of; what falls outside goes to the default partition. -#}
{%- macro postgres__landing_table_statements(relation, columns, meta) -%}
    {%- set statements = millwright.default__landing_table_statements(relation, columns, meta) -%}
    {%- set part_of = relation.include(database=false) -%}
    {%- if meta.get('partition_by') -%}
        {%- do statements.append(statements.pop() ~ ' partition by range (' ~ meta['partition_by'] ~ ')') -%}
        {%- set default_partition = part_of.incorporate(path={'identifier': relation.identifier ~ '_default'}) -%}
        {#- A month whose rows went to the default partition can have no partition of its own while they are there: `make_partitions` moves them. -#}
        {%- set months_in_default = [] -%}
        {%- if millwright.column_names(default_partition) -%}
            {%- do months_in_default.extend(run_query(
                'select distinct to_char(' ~ meta['partition_by'] ~ ", 'YYYY_MM') as month from " ~ default_partition
            ).columns['month'].values()) -%}
        {%- endif -%}
        {%- for month in millwright.months_between(var('history_starts_on'), var('as_of'), 3) if month.name not in months_in_default -%}
            {%- do statements.append(
                'create table if not exists ' ~ part_of.incorporate(path={'identifier': relation.identifier ~ '_' ~ month.name})
                ~ ' partition of ' ~ part_of ~ " for values from ('" ~ month.first_on ~ "') to ('" ~ month.next_on ~ "')"
            ) -%}
        {%- endfor -%}
        {%- do statements.append('create table if not exists ' ~ default_partition ~ ' partition of ' ~ part_of ~ ' default') -%}
    {%- endif -%}
    {%- for kind, suffix, indexes in [('index', 'idx', 'indexes'), ('unique index', 'key', 'unique_indexes')] -%}
        {%- for index_columns in meta.get(indexes, []) -%}
            {%- do statements.append(
                'create ' ~ kind ~ ' if not exists ' ~ adapter.quote(relation.identifier ~ '_' ~ index_columns | join('_') ~ '_' ~ suffix)
                ~ ' on ' ~ part_of ~ ' (' ~ index_columns | join(', ') ~ ')'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro -%}
