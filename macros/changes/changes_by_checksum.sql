{#- A query with one row: whether a relation's content differs from what was committed, by the number of its rows and the sum of their hashes. The
    sum does not depend on the order of rows and counts equal rows each; it tells that something changed, not how many rows. -#}

{%- macro changes_by_checksum(relation, columns, previous={}, rows=none) -%}
    {%- set row_hash = millwright.hex_to_integer('left(md5(' ~ millwright.row_text(columns) ~ '), 15)') -%}
    {%- set of_text = dbt.type_string() -%}
    select
        n_rows as n_rows_read,
        {%- if 'checksum' in previous %}
        case
            when n_rows = {{ previous['n_counted'] | int }} and checksum = {{ millwright.literal(previous['checksum']) }} then 0
        end as n_changed_rows,
        {%- else %}
        n_rows as n_changed_rows,
        {%- endif %}
        checksum as watermark,
        cast(null as {{ of_text }}) as counted_from,
        n_rows as n_counted,
        checksum
    from (
        select
            count(*) as n_rows,
            cast(coalesce(sum(cast({{ row_hash }} as numeric(38, 0))), 0) as {{ of_text }}) as checksum
        from {{ relation }}
        {%- if rows %}
        where {{ rows }}
        {%- endif %}
    ) as summed
{%- endmacro -%}
