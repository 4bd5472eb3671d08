{#- A query with one row per rule: rule_id, n_rows, n_failed. All row-wise rules on one relation share one scan of it; a `unique` rule
    needs its own, and counts the rows beyond the first of each group. `rules` are rows of the seed `data_quality_rules`,
    `relations` maps the names they may use to relations. -#}

{%- macro evaluate_rules(rules, relations) -%}
    {%- set queries = [] -%}
    {%- for rule in rules if rule['relation_name'] not in relations -%}
        {%- do exceptions.raise_compiler_error(
            'data_quality_rules: rule ' ~ rule['rule_id'] ~ ' names the relation "' ~ rule['relation_name']
            ~ '"; dq_rule_results checks ' ~ relations.keys() | join(', ')
        ) -%}
    {%- endfor -%}
    {%- for name, relation in relations.items() -%}
        {%- set row_rules = rules | selectattr('relation_name', 'equalto', name) | rejectattr('rule_type', 'equalto', 'unique') | list -%}
        {%- if row_rules -%}
            {%- set query -%}
    select
        long.rule_id,
        scanned.n_rows,
        long.n_failed
    from (
        select
            count(*) as n_rows,
            {%- for rule in row_rules %}
            {{ millwright.failing_rows_count(rule) }} as n_failed_{{ loop.index }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
    ) as scanned
    cross join lateral (
        values
        {%- for rule in row_rules %}
        ({{ millwright.literal(rule['rule_id']) }}, scanned.n_failed_{{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as long (rule_id, n_failed)
            {%- endset -%}
            {%- do queries.append(query) -%}
        {%- endif -%}
        {%- for rule in rules if rule['relation_name'] == name and rule['rule_type'] == 'unique' -%}
            {%- set query -%}
    select
        {{ millwright.literal(rule['rule_id']) }} as rule_id,
        cast(coalesce(sum(n), 0) as bigint) as n_rows,
        cast(coalesce(sum(n - 1), 0) as bigint) as n_failed
    from (
        select count(*) as n
        from {{ relation }}
        group by {% for column in rule['column_name'].split('|') %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}
    ) as grouped
            {%- endset -%}
            {%- do queries.append(query) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not queries -%}
    select
        cast(null as {{ dbt.type_string() }}) as rule_id,
        cast(null as bigint) as n_rows,
        cast(null as bigint) as n_failed
    where 1 = 0
    {%- endif -%}
    {{ queries | join('\n\n    union all\n\n') }}
{%- endmacro -%}
