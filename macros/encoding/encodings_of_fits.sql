{#- What `apply_encodings` needs of each fit whatever the row says, side by side in one row: what NULL and unknown categories are encoded as, means
    and scales. Two fits in one row would multiply the rows to encode: the query fails instead. -#}

{%- macro encodings_of_fits(encodings, joined, scales, by) -%}
    {%- set figures = by | list -%}
    {%- set counts = [] -%}
    {%- for column in joined -%}
        {%- set place = 'feature = ' ~ millwright.literal(column.feature) ~ " and encoding = '" ~ column.encoding ~ "'" -%}
        {%- do counts.append('count(case when ' ~ place ~ " and bucket = 'null' then 1 end)") -%}
        {%- for bucket in (['null'] if column.is_binned else ['null', 'unknown']) -%}
            {%- do figures.append(
                'max(case when ' ~ place ~ " and bucket = '" ~ bucket ~ "' then " ~ column.figure ~ ' end) as ' ~ column.name ~ '__' ~ bucket
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for feature in scales -%}
        {%- set place = 'feature = ' ~ millwright.literal(feature) ~ " and encoding = 'standard'" -%}
        {%- do counts.append('count(case when ' ~ place ~ ' then 1 end)') -%}
        {%- for figure, source in {'mean': 'value', 'scale': 'scale'}.items() -%}
            {%- do figures.append('max(case when ' ~ place ~ ' then ' ~ source ~ ' end) as ' ~ feature ~ '__' ~ figure) -%}
        {%- endfor -%}
    {%- endfor -%}
    select
        {{ figures | join(',\n        ') }}
    from {{ encodings }}
    {%- if by %}
    group by {{ by | join(', ') }}
    {%- endif %}
    having
        {{ millwright.require(
            'greatest(' ~ counts | join(', ') ~ ', 0) <= 1',
            "'apply_encodings: the encodings hold up to ' || greatest(" ~ counts | join(', ')
            ~ ", 0) || ' fits for a row; tell them apart by the argument versions'"
        ) | indent(4) }}
{%- endmacro -%}
