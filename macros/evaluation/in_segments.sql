{#- Rows in each of the segments that they count in, as a query with their columns: all, their split, and what `segments` says. -#}

{%- macro in_segments(relation, columns) -%}
    select
        'all' as segment,
        {{ columns | join(',\n        ') }}
    from {{ relation }}

    union all

    select
        'split=' || data_split as segment,
        {{ columns | join(',\n        ') }}
    from {{ relation }}
    where data_split is not null

    union all

    select
        entries.key || '=' || entries.value as segment,
        {{ columns | join(',\n        ') }}
    from {{ relation }} as sliced
    cross join {{ millwright.json_entries('sliced.segments') }}
    where
        segments is not null
        and entries.value is not null
{%- endmacro -%}
