{#- A query with one row: what came to a relation since a watermark, by a column whose values grow.
    Rows above the watermark are new. A row may also come late, with a value up to the watermark: so every commit remembers how many rows it saw
    from `counted_from` on, and what is more or less there now has changed, too. Both bounds are literals, known before the relation is read: one
    pass, over no more than lies above them. -#}

{%- macro changes_by_mark(relation, mark, data_type, look_back, previous={}, start=none, rows=none) -%}
    {%- set held = previous.get('watermark') is not none -%}
    {%- set watermark = millwright.literal(previous.get('watermark'), data_type) -%}
    {%- set counted_from = watermark ~ ' - ' ~ look_back if held else none if 'watermark' in previous else start -%}
    {%- set held_from = previous.get('counted_from') -%}
    {%- set bound = counted_from -%}
    {%- if held -%}
        {%- set held_from = millwright.literal(held_from, data_type) if held_from is not none else none -%}
        {%- set bound = 'least(' ~ counted_from ~ ', ' ~ held_from ~ ')' if held_from else none -%}
    {%- endif -%}
    {%- set of_text = dbt.type_string() -%}
    select
        count(mark) as n_rows_read,
        {%- if held %}
        count(case when mark > {{ watermark }} then 1 end)
        + abs(
            count(case when mark <= {{ watermark }}{{ ' and mark >= ' ~ held_from if held_from }} then 1 end) - {{ previous['n_counted'] | int }}
        ) as n_changed_rows,
        cast(greatest(max(mark), {{ watermark }}) as {{ of_text }}) as watermark,
        {%- else %}
        count(mark) as n_changed_rows,
        cast({{ 'coalesce(max(mark), ' ~ counted_from ~ ')' if counted_from else 'max(mark)' }} as {{ of_text }}) as watermark,
        {%- endif %}
        cast({{ counted_from or 'null' }} as {{ of_text }}) as counted_from,
        count({{ 'case when mark >= ' ~ counted_from ~ ' then 1 end' if counted_from else 'mark' }}) as n_counted,
        cast(null as {{ of_text }}) as checksum
    from (
        select {{ mark }} as mark
        from {{ relation }}
        {%- if rows %}
        where {{ rows }}
        {%- endif %}
    ) as marked
    {%- if bound %}
    where mark >= {{ bound }}
    {%- endif %}
{%- endmacro -%}
