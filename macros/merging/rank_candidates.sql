{#- The account of `merge_by_priority` with the same arguments: for every key and field group all records that have a field of it, the winner first,
    and the rule that decided between the winner and the record (for the winner: between it and the second). -#}

{%- macro rank_candidates(relation, key, field_groups, record_key, recency, priority=none) -%}
    {%- do millwright.check_field_groups('rank_candidates', key, field_groups, record_key, recency) -%}
    select
        {{ (key + ['field_group'] + record_key) | join(',\n        ') }},
        candidate_rank,
        coalesce(lost_by, lead(lost_by) over best_first, 'only candidate') as decided_by,
        field_values
    from (
        {%- for group, fields in field_groups.items() %}
        select
            {{ key | join(',\n            ') }},
            '{{ group }}' as field_group,
            {{ record_key | join(',\n            ') }},
            row_number() over best_first as candidate_rank,
            case
                {%- for part in millwright.survivorship_order(fields, record_key, recency, priority) if part.rule != 'record key' %}
                when ({{ part.expression }} is distinct from first_value({{ part.expression }}) over best_first)
                    then '{{ part.rule }}'
                {%- endfor %}
                when row_number() over best_first > 1 then 'record key'
            end as lost_by,
            {{ millwright.json_object(fields) }} as field_values
        from {{ relation }}
        where
            {{ key | join(' is not null and ') }} is not null
            and ({{ fields | join(' is not null or ') }} is not null)
        window best_first as (
            partition by {{ key | join(', ') }}
            order by
                {%- for part in millwright.survivorship_order(fields, record_key, recency, priority) %}
                {{ part.expression }}{{ part.direction }}{{ ',' if not loop.last }}
                {%- endfor %}
        )
        {{- '\n\n        union all\n' if not loop.last }}
        {%- endfor %}
    ) as ranked
    window best_first as (partition by {{ (key + ['field_group']) | join(', ') }} order by candidate_rank)
{%- endmacro -%}
