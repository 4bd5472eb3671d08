{#- The whole of a dbt model `stg_<source>__<table>_changes`: one row that says what changed in a source table since what was last committed of it, by
    the method that the table's YAML names. Rows loaded after as_of do not count. -#}

{%- macro source_changes(source_name, table_name) -%}
    {%- do config(materialized='table', meta={'detects_changes_of': source_name ~ '.' ~ table_name}) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- set committed = millwright.committed_watermark(source_name, table_name) -%}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- do millwright.check_readers(source_name, table_name) -%}
    {%- set detection = millwright.change_detection(source_name, table_name) -%}
    {%- set method, column = detection.method, detection.columns[0] -%}
    {%- set column_names = detection.columns | join(', ', attribute='name') -%}
    {#- By another method or other columns the table starts over. -#}
    {%- set is_same = (committed.get('method'), committed.get('column_names')) == (method, column_names) -%}
    {%- set previous = committed if is_same else {} -%}
    {%- set rows = 'loaded_at <= ' ~ millwright.as_of() if detection.has_loaded_at else none -%}
    with

    found as (
        {% if method == 'checksum' %}
        {{ millwright.changes_by_checksum(relation, detection.columns, previous, rows) }}
        {%- elif method == 'timestamp' %}
        {{ millwright.changes_by_time(relation, column, detection.look_back, previous, rows) }}
        {%- else %}
        {{ millwright.changes_by_number(relation, column, detection.look_back, previous, rows) }}
        {%- endif %}

    ),

    final as (

        select
            {{ millwright.literal(source_name) }} as source_name,
            {{ millwright.literal(table_name) }} as table_name,
            cast({{ committed.get('revision', 0) | int + 1 }} as integer) as revision,
            {{ millwright.literal(method) }} as method,
            {{ millwright.literal(column_names) }} as column_names,
            {{ millwright.literal(previous.get('watermark')) }} as previous_watermark,
            watermark,
            counted_from,
            n_counted,
            checksum,
            n_rows_read,
            n_changed_rows,
            coalesce(n_changed_rows <> 0, true) as has_changed,
            {{ millwright.as_of() }} as as_of,
            {{ millwright.as_of() }} as known_at,
            {{ millwright.literal(millwright.run_id()) }} as run_id
        from found

    )

    select * from final
{%- endmacro -%}
