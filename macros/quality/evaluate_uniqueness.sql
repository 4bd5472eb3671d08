{#- A query with the counts of one `uniqueness` rule, as `evaluate_rules` has them: rows fail whose values another row has, too. As in a unique
    constraint, a row with a NULL among them is like no other. -#}

{%- macro evaluate_uniqueness(rule, relation) -%}
    {%- set columns = [] -%}
    {%- for name in rule['column_name'].split('|') -%}
        {%- do columns.append(adapter.quote(name)) -%}
    {%- endfor -%}
    {%- set has_values = columns | join(' is not null and ') ~ ' is not null' -%}
    select
        {{ millwright.literal(rule['rule_id']) }} as rule_id,
        cast(coalesce(sum(n), 0) as bigint) as n_rows,
        cast(coalesce(sum(case when n > 1 and has_values then n end), 0) as bigint) as n_failed,
        {{ millwright.literal(none, 'float8') }} as observed_value,
        {{ millwright.literal(none) }} as problem
    from (
        select
            count(*) as n,
            {{ has_values }} as has_values
        from {{ relation }}
        group by {{ columns | join(', ') }}
    ) as grouped
    {%- if rule['denominator'] == 'values' %}
    where has_values
    {%- endif %}
{%- endmacro -%}
