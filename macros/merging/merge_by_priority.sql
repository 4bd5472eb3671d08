{#- A query that merges the records of each `key` into one row. Every field group comes from one record: one that has the group's first field before
    one that lacks it, then by priority (1 first), then the newest, then the first by `record_key`. Without `priority` the newest wins.
    One window per group and one aggregation, no join: nothing can fan out. -#}

{%- macro merge_by_priority(relation, key, field_groups, record_key, recency, priority=none) -%}
    {%- do millwright.check_field_groups('merge_by_priority', key, field_groups, record_key, recency) -%}
    select
        {{ key | join(',\n        ') }},
        {%- for group, fields in field_groups.items() %}
        {%- set group_is_last = loop.last %}
        {%- for field in fields %}
        any_value({{ field }}) filter (where {{ group }}_rank = 1) as {{ field }},
        {%- endfor %}
        {%- for column in record_key %}
        any_value({{ column }}) filter (where {{ group }}_rank = 1) as {{ group }}_{{ column }}{{ ',' if not (group_is_last and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from (
        select
            *,
            {%- for group, fields in field_groups.items() %}
            case when {{ fields | join(' is not null or ') }} is not null then row_number() over {{ group }}_order end as {{ group }}_rank
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
        where {{ key | join(' is not null and ') }} is not null
        window
            {%- for group, fields in field_groups.items() %}
            {{ group }}_order as (
                partition by {{ key | join(', ') }}
                order by
                    {%- for part in millwright.survivorship_order(fields, record_key, recency, priority) %}
                    {{ part.expression }}{{ part.direction }}{{ ',' if not loop.last }}
                    {%- endfor %}
            ){{ ',' if not loop.last }}
            {%- endfor %}
    ) as ranked
    group by {{ key | join(', ') }}
{%- endmacro -%}
