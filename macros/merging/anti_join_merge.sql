{#- All rows of `primary`, and those of `secondary` whose key `primary` lacks: what production has, completed from staging. NULL is no key: rows
    of `secondary` without one are all added. -#}

{%- macro anti_join_merge(primary, secondary, keys, columns={}, origin_column='origin', origins=['primary', 'secondary']) -%}
    {%- if keys is string or not keys or origins | unique | list | length != 2 -%}
        {%- do exceptions.raise_compiler_error(
            'anti_join_merge: keys is a list of columns, origins two different names; given are ' ~ keys ~ ' and ' ~ origins
        ) -%}
    {%- endif -%}
    {%- if not execute and not columns -%}
        {{ return('') }}
    {%- endif -%}
    {%- set aligned = millwright.align_columns({origins[0]: primary, origins[1]: secondary}, columns, {}, [], {}) -%}
    select
        {{ millwright.literal(origins[0]) }} as {{ origin_column }},
        {{ aligned[origins[0]] | join(',\n        ') }}
    from {{ primary }}

    union all

    select
        {{ millwright.literal(origins[1]) }} as {{ origin_column }},
        {{ aligned[origins[1]] | join(',\n        ') }}
    from {{ secondary }} as added
    where not exists (
        select 1
        from {{ primary }} as held
        where
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}held.{{ key }} = added.{{ key }}
            {%- endfor %}
    )
{%- endmacro -%}
