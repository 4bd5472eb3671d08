{#- What makes one record's fields win over another's, as a list of dicts (`rule`, `expression`, `direction`) in the order in which it counts.
    `merge_by_priority` and `rank_candidates` both sort by it, so that they cannot disagree. -#}

{%- macro survivorship_order(fields, record_key, recency, priority=none) -%}
    {%- set lead, others = fields[0], fields[1:] -%}
    {%- set has_others = '' if not others else ' when ' ~ others | join(' is not null or ') ~ ' is not null then 1' -%}
    {%- set order = [{
        'rule': 'completeness',
        'expression': '(case when ' ~ lead ~ ' is not null then 0' ~ has_others ~ ' else 2 end)',
        'direction': '',
    }] -%}
    {%- if priority is not none -%}
        {%- do order.append({'rule': 'priority', 'expression': priority, 'direction': ' nulls last'}) -%}
    {%- endif -%}
    {%- for column in recency -%}
        {%- do order.append({'rule': 'recency', 'expression': column, 'direction': ' desc nulls last'}) -%}
    {%- endfor -%}
    {%- for column in record_key -%}
        {%- do order.append({'rule': 'record key', 'expression': millwright.bytewise(column), 'direction': ''}) -%}
    {%- endfor -%}
    {{ return(order) }}
{%- endmacro -%}
