{#- `changes_by_mark` for a column that holds growing numbers, or text with such a number at its end (`T-000123`). -#}

{%- macro changes_by_number(relation, column, look_back=none, previous={}, rows=none) -%}
    {%- set quoted = adapter.quote(column.name) -%}
    {%- set is_text = column.data_type == 'text' -%}
    {{ millwright.changes_by_mark(
        relation,
        millwright.parse_number("regexp_replace(" ~ quoted ~ ", '^[^0-9]*', '')", 'bigint') if is_text else quoted,
        'bigint' if is_text else column.data_type,
        look_back or 0,
        previous,
        rows=rows
    ) }}
{%- endmacro -%}
