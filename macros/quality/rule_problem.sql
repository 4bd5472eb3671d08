{#- Why a rule cannot be evaluated, as text; none if it can. `rule` is a row of the seed `data_quality_rules`, `columns` comes from
    `columns_of_relations`. -#}

{%- macro rule_problem(rule, columns) -%}
    {%- set known_types = ['not_null', 'range', 'format', 'uniqueness', 'accepted_values', 'relationship', 'freshness', 'row_count'] -%}
    {%- set relation_name, column_name = rule['relation_name'], rule['column_name'] -%}
    {%- if rule['rule_type'] not in known_types -%}
        {{ return('unknown rule_type "' ~ rule['rule_type'] ~ '"; known are ' ~ known_types | join(', ')) }}
    {%- elif relation_name not in columns -%}
        {{ return('the var ruled_relations does not list "' ~ relation_name ~ '"; it has ' ~ columns | join(', ')) }}
    {%- elif not columns[relation_name] -%}
        {{ return(relation_name ~ ' is not built') }}
    {%- elif rule['rule_type'] == 'row_count' and column_name is not none -%}
        {{ return('row_count takes no column, but column_name is "' ~ column_name ~ '"') }}
    {%- elif rule['rule_type'] != 'row_count' and not column_name -%}
        {{ return(rule['rule_type'] ~ ' needs a column_name') }}
    {%- endif -%}
    {%- set named = column_name.split('|') if column_name else [] -%}
    {%- for name in named if name not in columns[relation_name] -%}
        {{ return(relation_name ~ ' has no column "' ~ name ~ '"; it has ' ~ columns[relation_name] | join(', ')) }}
    {%- endfor -%}
    {%- if named | length > 1 and rule['rule_type'] != 'uniqueness' -%}
        {{ return(rule['rule_type'] ~ ' takes one column, but column_name is "' ~ column_name ~ '"') }}
    {%- endif -%}
    {{ return(
        millwright.rule_limits_problem(rule)
        or millwright.rule_parameters_problem(rule, columns[relation_name].get(column_name), columns)
    ) }}
{%- endmacro -%}
