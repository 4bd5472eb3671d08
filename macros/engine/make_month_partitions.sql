{#- Makes the partitions that a table lacks for these months, within the caller's transaction, and moves what lies in its default partition into
    them. Returns a list of dicts, `month` and `n_moved_rows`; none where the engine, or the table, has no partitions. -#}

{%- macro make_month_partitions(relation, partition_by, months) -%}
    {{ return(adapter.dispatch('make_month_partitions', 'millwright')(relation, partition_by, months)) }}
{%- endmacro -%}

{%- macro default__make_month_partitions(relation, partition_by, months) -%}
    {{ return(none) }}
{%- endmacro -%}

{#- PostgreSQL refuses a partition while the default one holds rows of it: these go into a table that becomes the partition. The lock keeps others
    from appending meanwhile. -#}
{%- macro postgres__make_month_partitions(relation, partition_by, months) -%}
    {%- set part_of = relation.include(database=false) -%}
    {%- do run_query('lock table ' ~ part_of ~ ' in access exclusive mode') -%}
    {%- set partitions = run_query(
        "select relations.relname from pg_inherits inner join pg_class as relations on pg_inherits.inhrelid = relations.oid "
        ~ "where pg_inherits.inhparent = '" ~ part_of ~ "'::regclass"
    ).columns[0].values() -%}
    {%- set made = [] -%}
    {%- for month in months if relation.identifier ~ '_' ~ month.name not in partitions -%}
        {%- set partition = part_of.incorporate(path={'identifier': relation.identifier ~ '_' ~ month.name}) -%}
        {%- set bounds = ["'" ~ month.first_on ~ "'", "'" ~ month.next_on ~ "'"] -%}
        {%- do run_query('create table ' ~ partition ~ ' (like ' ~ part_of ~ ' including defaults)') -%}
        {%- set n_moved_rows = run_query(
            'with moved as (delete from ' ~ part_of.incorporate(path={'identifier': relation.identifier ~ '_default'}) ~ ' where ' ~ partition_by
            ~ ' >= ' ~ bounds[0] ~ ' and ' ~ partition_by ~ ' < ' ~ bounds[1] ~ ' returning *), kept as (insert into ' ~ partition
            ~ ' select * from moved returning 1) select count(*) from kept'
        ).rows[0][0] -%}
        {%- do run_query(
            'alter table ' ~ part_of ~ ' attach partition ' ~ partition ~ ' for values from (' ~ bounds[0] ~ ') to (' ~ bounds[1] ~ ')'
        ) -%}
        {%- do made.append({'month': month.name, 'n_moved_rows': n_moved_rows | int}) -%}
    {%- endfor -%}
    {{ return(made) }}
{%- endmacro -%}
