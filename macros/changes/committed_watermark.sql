{#- What was last committed of a source table: the newest row of `stg_ops__source_watermarks` as a dict, empty before the first commit. On a full
    refresh nothing but the `revision`: what came before no longer counts. -#}

{%- macro committed_watermark(source_name, table_name) -%}
    {%- set watermarks = ref('stg_ops__source_watermarks') -%}
    {%- if not execute or not load_relation(watermarks) -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set rows = run_query(
        'select revision, method, column_names, watermark, counted_from, n_counted, checksum from ' ~ watermarks
        ~ ' where source_name = ' ~ millwright.literal(source_name) ~ ' and table_name = ' ~ millwright.literal(table_name)
        ~ ' order by revision desc limit 1'
    ).rows -%}
    {%- if not rows -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set committed = rows[0].dict() -%}
    {{ return({'revision': committed['revision']} if flags.FULL_REFRESH else committed) }}
{%- endmacro -%}
