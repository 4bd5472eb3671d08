{#- A query with one row per table of the warehouse, a partitioned one together with its partitions: schema_name, table_name, size_mb, n_rows,
    n_sequential_scans, n_index_scans. No rows where the engine does not count scans. -#}

{%- macro scan_statistics() -%}
    {{ return(adapter.dispatch('scan_statistics', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__scan_statistics() -%}
    select
        {{ millwright.literal(none) }} as schema_name,
        {{ millwright.literal(none) }} as table_name,
        {{ millwright.literal(none, 'float8') }} as size_mb,
        {{ millwright.literal(none, 'bigint') }} as n_rows,
        {{ millwright.literal(none, 'bigint') }} as n_sequential_scans,
        {{ millwright.literal(none, 'bigint') }} as n_index_scans
    where 1 = 0
{%- endmacro -%}

{%- macro postgres__scan_statistics() -%}
    select
        pg_namespace.nspname as schema_name,
        roots.relname as table_name,
        sum(pg_relation_size(leaves.relid)) / 1048576.0 as size_mb,
        cast(sum(leaves.n_live_tup) as bigint) as n_rows,
        cast(sum(leaves.seq_scan) as bigint) as n_sequential_scans,
        cast(sum(coalesce(leaves.idx_scan, 0)) as bigint) as n_index_scans
    from pg_stat_user_tables as leaves
    inner join pg_class as roots on coalesce(pg_partition_root(leaves.relid), leaves.relid) = roots.oid
    inner join pg_namespace on roots.relnamespace = pg_namespace.oid
    group by
        pg_namespace.nspname,
        roots.relname
{%- endmacro -%}
