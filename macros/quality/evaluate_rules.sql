{#- A query with one row per rule: rule_id, n_rows, n_failed, observed_value and, for a rule that cannot be evaluated, its problem. All rules on one
    relation share one scan of it, but for `uniqueness`, which needs a grouping of its own. `rules` are rows of the seed `data_quality_rules`,
    `relations` maps the names they may use to relations. -#}

{%- macro evaluate_rules(rules, relations) -%}
    {%- set columns = millwright.columns_of_relations(relations) -%}
    {%- set queries, usable = [], [] -%}
    {%- for rule in rules if execute -%}
        {%- set problem = millwright.rule_problem(rule, columns) -%}
        {%- if problem is none -%}
            {%- do usable.append(rule) -%}
        {%- else -%}
            {%- do queries.append(millwright.unevaluated_rule(rule['rule_id'], problem)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, relation in relations.items() -%}
        {%- set of_relation = usable | selectattr('relation_name', 'equalto', name) | list -%}
        {%- set scanned = of_relation | rejectattr('rule_type', 'equalto', 'uniqueness') | list -%}
        {%- if scanned -%}
            {%- do queries.append(millwright.scan_for_rules(relation, scanned, columns[name], relations)) -%}
        {%- endif -%}
        {%- for rule in of_relation if rule['rule_type'] == 'uniqueness' -%}
            {%- do queries.append(millwright.evaluate_uniqueness(rule, relation)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not queries -%}
        {%- do queries.append(millwright.unevaluated_rule(none, none) ~ '\n    where 1 = 0') -%}
    {%- endif -%}
    {{ queries | join('\n\n    union all\n\n    ') }}
{%- endmacro -%}
