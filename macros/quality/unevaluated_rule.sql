{#- A query with the row of a rule that cannot be evaluated, as `evaluate_rules` has it. -#}

{%- macro unevaluated_rule(rule_id, problem) -%}
    select
        {{ millwright.literal(rule_id) }} as rule_id,
        {{ millwright.literal(none, 'bigint') }} as n_rows,
        {{ millwright.literal(none, 'bigint') }} as n_failed,
        {{ millwright.literal(none, 'float8') }} as observed_value,
        {{ millwright.literal(problem) }} as problem
{%- endmacro -%}
