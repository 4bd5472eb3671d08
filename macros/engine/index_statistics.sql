{#- A query with one row per index of the warehouse, that of a partitioned table together with those of its partitions: schema_name, table_name,
    index_name, column_names, size_mb, n_scans, is_of_constraint. No rows where the engine has no indexes worth a report. -#}

{%- macro index_statistics() -%}
    {{ return(adapter.dispatch('index_statistics', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__index_statistics() -%}
    select
        {{ millwright.literal(none) }} as schema_name,
        {{ millwright.literal(none) }} as table_name,
        {{ millwright.literal(none) }} as index_name,
        {{ millwright.literal(none) }} as column_names,
        {{ millwright.literal(none, 'float8') }} as size_mb,
        {{ millwright.literal(none, 'bigint') }} as n_scans,
        {{ millwright.literal(none, 'boolean') }} as is_of_constraint
    where 1 = 0
{%- endmacro -%}

{%- macro postgres__index_statistics() -%}
    select
        pg_namespace.nspname as schema_name,
        tables.relname as table_name,
        indexes.relname as index_name,
        (
            select string_agg(pg_get_indexdef(pg_index.indexrelid, keys.n, true), ', ' order by keys.n)
            from generate_series(1, pg_index.indnkeyatts) as keys (n)
        ) as column_names,
        parts.size_mb,
        parts.n_scans,
        pg_index.indisunique or exists (select 1 from pg_constraint where pg_constraint.conindid = indexes.oid) as is_of_constraint
    from pg_index
    inner join pg_class as indexes on pg_index.indexrelid = indexes.oid
    inner join pg_class as tables on pg_index.indrelid = tables.oid
    inner join pg_namespace on tables.relnamespace = pg_namespace.oid
    cross join lateral (
        select
            sum(pg_relation_size(leaves.oid)) / 1048576.0 as size_mb,
            cast(sum(coalesce(pg_stat_get_numscans(leaves.oid), 0)) as bigint) as n_scans
        from (
            select indexes.oid
            union
            select relid from pg_partition_tree(indexes.oid)
        ) as leaves (oid)
    ) as parts
    where not indexes.relispartition
{%- endmacro -%}
