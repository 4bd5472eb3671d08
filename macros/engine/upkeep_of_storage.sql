{#- What there is to do once statistics are fresh, as `upkeep_of_tables` lists it: indexes whose file is at least `min_index_mb` large and, by an
    estimate, more than `bloat_rate` empty are built anew; what was written goes from the log into the file. -#}

{%- macro upkeep_of_storage(relations, bloat_rate, min_index_mb) -%}
    {{ return(adapter.dispatch('upkeep_of_storage', 'millwright')(relations, bloat_rate, min_index_mb)) }}
{%- endmacro -%}

{%- macro default__upkeep_of_storage(relations, bloat_rate, min_index_mb) -%}
    {{ return([]) }}
{%- endmacro -%}

{%- macro duckdb__upkeep_of_storage(relations, bloat_rate, min_index_mb) -%}
    {{ return([{'relation': none, 'action': 'checkpoint', 'sql': 'checkpoint', 'message': none}]) }}
{%- endmacro -%}

{#- Of pages of 8192 bytes, filled by nine tenths, an index needs what its entries take: each 12 bytes and the widths of its columns, in eights. Where
    equal entries share room it needs less, and is taken to be fuller than it is. An index on an expression has no estimate. -#}
{%- macro postgres__upkeep_of_storage(relations, bloat_rate, min_index_mb) -%}
    {%- set query -%}
        with tables as (

            select table_oid
            from ({{ millwright.tables_by_name(relations) }}) as roots
            where is_ours
            union
            select leaves.relid
            from ({{ millwright.tables_by_name(relations) }}) as roots
            cross join lateral pg_partition_tree(roots.table_oid) as leaves
            where roots.is_ours

        ),

        entries as (

            select
                pg_index.indexrelid,
                max(pg_class.reltuples) as n_entries,
                12 + 8 * ceil(sum((1 - pg_stats.null_frac) * pg_stats.avg_width) / 8) as entry_bytes,
                count(*) = count(pg_stats.attname) as is_known
            from tables
            inner join pg_class on tables.table_oid = pg_class.oid
            inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
            inner join pg_index on tables.table_oid = pg_index.indrelid
            cross join lateral unnest(pg_index.indkey) as keys (attnum)
            left join pg_attribute on tables.table_oid = pg_attribute.attrelid and keys.attnum = pg_attribute.attnum
            left join pg_stats
                on pg_namespace.nspname = pg_stats.schemaname and pg_class.relname = pg_stats.tablename and pg_attribute.attname = pg_stats.attname
            group by pg_index.indexrelid

        ),

        estimates as (

            select
                pg_namespace.nspname as schema_name,
                pg_class.relname as index_name,
                pg_index.indisvalid as is_valid,
                pg_relation_size(pg_class.oid) / 1048576.0 as size_mb,
                case when pg_am.amname = 'btree' and entries.is_known and entries.n_entries >= 0 then
                    1 - 8192 * (1 + ceil(entries.n_entries * entries.entry_bytes / (0.9 * 8192))) / greatest(pg_relation_size(pg_class.oid), 1)
                end as empty_rate
            from entries
            inner join pg_class on entries.indexrelid = pg_class.oid
            inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
            inner join pg_index on entries.indexrelid = pg_index.indexrelid
            inner join pg_am on pg_class.relam = pg_am.oid
            where pg_class.relkind = 'i'

        )

        select schema_name, index_name, is_valid, round(size_mb, 1) as size_mb, round(cast(empty_rate as numeric), 2) as empty_rate
        from estimates
        where (is_valid and size_mb >= {{ min_index_mb }} and empty_rate > {{ bloat_rate }}) or (not is_valid and index_name like '%\_ccnew%')
        order by schema_name, index_name
    {%- endset -%}
    {%- set actions = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- set index = adapter.quote(row['schema_name']) ~ '.' ~ adapter.quote(row['index_name']) -%}
        {%- do actions.append({
            'relation': row['schema_name'] ~ '.' ~ row['index_name'],
            'action': 'reindex' if row['is_valid'] else 'drop_index',
            'sql': ('reindex index concurrently ' if row['is_valid'] else 'drop index concurrently ') ~ index,
            'message': row['empty_rate'] ~ ' of ' ~ row['size_mb'] ~ ' MB is empty' if row['is_valid'] else 'left behind by a rebuild that was ended',
        }) -%}
    {%- endfor -%}
    {{ return(actions) }}
{%- endmacro -%}
