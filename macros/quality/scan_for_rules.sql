{#- A query with the counts of the row-wise rules on a relation and of those about the whole of it, as `evaluate_rules` has them: one scan for all.
    `columns` are the relation's, as in `columns_of_relations`. -#}

{%- macro scan_for_rules(relation, rules, columns, relations) -%}
    {%- set expressions, rows = [], [] -%}
    {%- for rule in rules -%}
        {%- set place = '_' ~ loop.index -%}
        {%- set counts = millwright.rule_counts(rule, columns.get(rule['column_name']), 'referenced' ~ place) -%}
        {%- for name, expression in counts.items() -%}
            {%- do expressions.append(expression ~ ' as ' ~ name ~ place) -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ millwright.literal(rule['rule_id']) ~ ', scanned.' ~ counts | join(place ~ ', scanned.') ~ place ~ ')') -%}
    {%- endfor -%}
    select
        long.rule_id,
        long.n_rows,
        long.n_failed,
        long.observed_value,
        {{ millwright.literal(none) }} as problem
    from (
        select
            {{ expressions | join(',\n            ') }}
        from {{ millwright.checked_rows(relation, rules, relations) | indent(4) }}
    ) as scanned
    cross join lateral (
        values
        {{ rows | join(',\n        ') }}
    ) as long (rule_id, n_rows, n_failed, observed_value)
{%- endmacro -%}
