{#- The SQL condition that is true for a row of `checked` that fails a row-wise rule, never NULL; `rule` is one without a `rule_problem`, `column` the
    item of `column_kinds` that it checks. NULL fails `not_null` only. `referenced` is the alias that `checked_rows` gives the other side of a
    relationship. Values of the rule are data, so they are written as literals. -#}

{%- macro rule_failure(rule, column, referenced) -%}
    {%- set expression = 'checked.' ~ adapter.quote(column.name) -%}
    {%- if rule['rule_type'] == 'not_null' -%}
        {{ return(expression ~ ' is null') }}
    {%- elif rule['rule_type'] == 'relationship' -%}
        {{ return(expression ~ ' is not null and ' ~ referenced ~ '.value is null') }}
    {%- elif rule['rule_type'] == 'format' -%}
        {%- set failure = 'not ' ~ millwright.matches_pattern(
            'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')', dbt.escape_single_quotes(rule['pattern'])
        ) -%}
    {%- elif rule['rule_type'] == 'accepted_values' -%}
        {%- set accepted = [] -%}
        {%- for value in rule['accepted_values'].split('|') -%}
            {%- do accepted.append(millwright.rule_value(value, column.kind)) -%}
        {%- endfor -%}
        {%- set failure = expression ~ ' not in (' ~ accepted | join(', ') ~ ')' -%}
    {%- else -%}
        {%- set failures = [] -%}
        {%- for limit, comparison in {'min_value': ' < ', 'max_value': ' > '}.items() if rule[limit] is not none -%}
            {%- do failures.append(expression ~ comparison ~ millwright.rule_value(rule[limit], column.kind)) -%}
        {%- endfor -%}
        {%- set failure = failures | join(' or ') -%}
    {%- endif -%}
    {{ return(expression ~ ' is not null and (' ~ failure ~ ')') }}
{%- endmacro -%}
