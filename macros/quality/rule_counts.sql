{#- The aggregate expressions of a rule over `checked_rows`, as a dict: n_rows (those that it is about), n_failed and observed_value (what a rule
    about the whole relation looked at: its rows, or the hours since its newest row). -#}

{%- macro rule_counts(rule, column, referenced) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    {%- set observed = none -%}
    {%- if rule['rule_type'] == 'row_count' -%}
        {%- set observed = 'count(*)' -%}
    {%- elif rule['rule_type'] == 'freshness' -%}
        {%- set newest = 'max(checked.' ~ adapter.quote(column.name) ~ ')' -%}
        {%- set observed = 'extract(epoch from ' ~ millwright.as_of() ~ ' - cast(' ~ newest ~ ' as timestamp)) / 3600' -%}
    {%- endif -%}
    {%- if observed -%}
        {%- set within = [] -%}
        {%- for limit, comparison in {'min_value': ' >= ', 'max_value': ' <= '}.items() if rule[limit] is not none -%}
            {%- do within.append(observed ~ comparison ~ rule[limit]) -%}
        {%- endfor -%}
        {{ return({
            'n_rows': 'count(*)',
            'n_failed': 'case when ' ~ within | join(' and ') ~ ' then 0 else 1 end',
            'observed_value': 'cast(' ~ observed ~ ' as ' ~ float8 ~ ')',
        }) }}
    {%- endif -%}
    {{ return({
        'n_rows': 'count(checked.' ~ adapter.quote(column.name) ~ ')' if rule['denominator'] == 'values' else 'count(*)',
        'n_failed': 'count(case when ' ~ millwright.rule_failure(rule, column, referenced) ~ ' then 1 end)',
        'observed_value': millwright.literal(none, 'float8'),
    }) }}
{%- endmacro -%}
