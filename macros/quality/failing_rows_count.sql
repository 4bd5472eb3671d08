{#- The SQL expression that counts the failing rows of a row-wise rule in an aggregate over the rule's relation.
    `rule` is a row of the seed `data_quality_rules`; values in it are data, so they are written as literals. -#}

{%- macro failing_rows_count(rule) -%}
    {%- set column = adapter.quote(rule['column_name']) -%}
    {%- set conditions = [] -%}
    {%- if rule['rule_type'] == 'not_null' -%}
        {%- do conditions.append(column ~ ' is null') -%}
    {%- elif rule['rule_type'] == 'range' -%}
        {%- if rule['min_value'] is not none -%}
            {%- do conditions.append(column ~ ' < ' ~ millwright.literal(rule['min_value'], 'float8')) -%}
        {%- endif -%}
        {%- if rule['max_value'] is not none -%}
            {%- do conditions.append(column ~ ' > ' ~ millwright.literal(rule['max_value'], 'float8')) -%}
        {%- endif -%}
    {%- elif rule['rule_type'] == 'accepted_values' -%}
        {%- set accepted = [] -%}
        {%- for value in rule['accepted_values'].split('|') -%}
            {%- do accepted.append(millwright.literal(value)) -%}
        {%- endfor -%}
        {%- do conditions.append(column ~ ' not in (' ~ accepted | join(', ') ~ ')') -%}
    {%- else -%}
        {%- do exceptions.raise_compiler_error(
            'data_quality_rules: rule ' ~ rule['rule_id'] ~ ' has the unknown rule_type "' ~ rule['rule_type']
            ~ '"; known are not_null, range, accepted_values, unique'
        ) -%}
    {%- endif -%}
    {%- if not conditions -%}
        {%- do exceptions.raise_compiler_error('data_quality_rules: rule ' ~ rule['rule_id'] ~ ' needs min_value or max_value') -%}
    {%- endif -%}
    count(case when {{ conditions | join(' or ') }} then 1 end)
{%- endmacro -%}
