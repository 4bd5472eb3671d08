{#- What is wrong with the parameters of a rule, as text; none if nothing is. `column` is the item of `column_kinds` that it checks, `columns` comes
    from `columns_of_relations`. -#}

{%- macro rule_parameters_problem(rule, column, columns) -%}
    {%- set rule_type = rule['rule_type'] -%}
    {%- set kinds = {
        'range': ['number', 'date', 'timestamp'], 'freshness': ['date', 'timestamp'], 'format': ['text'],
        'accepted_values': ['number', 'text', 'boolean'],
    } -%}
    {%- if rule_type in kinds and column.kind not in kinds[rule_type] -%}
        {{ return(rule_type ~ ' needs a column of kind ' ~ kinds[rule_type] | join(', ') ~ '; ' ~ column.name ~ ' is of kind ' ~ column.kind) }}
    {%- elif rule_type in ('range', 'row_count') and rule['min_value'] is none and rule['max_value'] is none -%}
        {{ return(rule_type ~ ' needs min_value or max_value') }}
    {%- elif rule_type == 'freshness' and rule['max_value'] is none -%}
        {{ return('freshness needs max_value, the most hours before as_of') }}
    {%- elif rule_type == 'accepted_values' and not rule['accepted_values'] -%}
        {{ return('accepted_values needs accepted_values, joined by |') }}
    {%- elif rule_type == 'format' and millwright.pattern_problem(rule['pattern']) is not none -%}
        {{ return(millwright.pattern_problem(rule['pattern'])) }}
    {%- elif rule_type == 'relationship' -%}
        {%- set referenced = (rule['referenced_column'] or '').split('.') -%}
        {%- if referenced | length != 2 -%}
            {{ return('relationship needs referenced_column as relation.column, not "' ~ (rule['referenced_column'] or '') ~ '"') }}
        {%- elif referenced[1] not in columns.get(referenced[0], {}) -%}
            {{ return('referenced_column ' ~ rule['referenced_column'] ~ ' is not a column of a relation that is built and may be referred to') }}
        {%- elif columns[referenced[0]][referenced[1]].kind != column.kind -%}
            {{ return(
                'referenced_column ' ~ rule['referenced_column'] ~ ' is of kind ' ~ columns[referenced[0]][referenced[1]].kind ~ ', '
                ~ column.name ~ ' of kind ' ~ column.kind
            ) }}
        {%- endif -%}
    {%- endif -%}
    {%- set kind = column.kind if rule_type in ('range', 'accepted_values') else 'number' -%}
    {%- set values = [('min_value', rule['min_value']), ('max_value', rule['max_value'])] -%}
    {%- for value in (rule['accepted_values'] or '').split('|') if rule_type == 'accepted_values' -%}
        {%- do values.append(('accepted_values', value)) -%}
    {%- endfor -%}
    {%- for name, value in values if value is not none and not millwright.is_rule_value(value, kind) -%}
        {{ return(name ~ ' has "' ~ value ~ '", which is no ' ~ kind ~ ('' if kind in ('number', 'boolean') else ' in ISO form, e.g. 1998-07-01')) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro -%}
