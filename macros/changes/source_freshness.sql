{#- The whole of a dbt model `stg_<source>__<table>_freshness`: one row that says when a source table with a `loaded_at` was last delivered to by
    as_of, and how much within a day. -#}

{%- macro source_freshness(source_name, table_name) -%}
    {{- millwright.count_first('stg_' ~ source_name ~ '__' ~ table_name ~ '_changes') -}}
    {%- do config(materialized='table') -%}
    select
        {{ millwright.literal(source_name) }} as source_name,
        {{ millwright.literal(table_name) }} as table_name,
        max(loaded_at) as newest_loaded_at,
        count(case when loaded_at > {{ millwright.as_of() }} - interval '24' hour then 1 end) as n_rows_of_day
    from {{ source(source_name, table_name) }}
    where loaded_at <= {{ millwright.as_of() }}
{%- endmacro -%}
