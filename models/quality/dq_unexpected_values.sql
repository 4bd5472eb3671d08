{#- What accepted_values rules may check, each with the column that says when a row was true. -#}
{%- set relations = {
    'stg_shop__purchases': (ref('stg_shop__purchases'), 'event_at'),
    'fct_transactions': (ref('fct_transactions'), 'event_at'),
    'fct_support_tickets': (ref('fct_support_tickets'), 'event_at'),
    'dim_customers': (ref('dim_customers'), 'first_known_at'),
} -%}
{%- set columns = millwright.columns_of_relations(millwright.ruled_relations()) -%}
{%- set rules = [] -%}
{%- for rule in millwright.active_rules(ref('data_quality_rules')) if millwright.rule_problem(rule, columns) is none -%}
    {%- do rules.append(rule) -%}
{%- endfor -%}
{%- set never_null = [] -%}
{%- for rule in rules if rule['rule_type'] == 'not_null' -%}
    {%- do never_null.append((rule['relation_name'], rule['column_name'])) -%}
{%- endfor -%}

with

found as (
    {% for rule in rules if rule['rule_type'] == 'accepted_values' and rule['relation_name'] in relations %}
    {%- set relation, event_at = relations[rule['relation_name']] %}
    select
        {{ millwright.literal(rule['rule_id']) }} as rule_id,
        unexpected.*
    from (
        {{ millwright.unexpected_values(
            relation,
            rule['column_name'],
            accepted=rule['accepted_values'].split('|'),
            event_at=event_at,
            include_null=(rule['relation_name'], rule['column_name']) in never_null
        ) }}
    ) as unexpected
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as rule_id,
        cast(null as {{ dbt.type_string() }}) as value,
        cast(null as {{ dbt.type_string() }}) as variant_of,
        cast(null as bigint) as n_rows,
        cast(null as {{ millwright.sql_type('float8') }}) as value_rate,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_seen_at
    where 1 = 0
    {%- endfor %}

),

final as (

    select
        rules.rule_id,
        rules.relation_name,
        rules.column_name,
        {{ millwright.masked_if_personal('found.value', 'rules.relation_name', 'rules.column_name', relations) }} as value,
        found.variant_of,
        found.n_rows,
        found.value_rate,
        found.first_seen_at,
        found.last_seen_at,
        {{ millwright.as_of() }} as evaluated_at
    from found
    inner join {{ ref('data_quality_rules') }} as rules
        on found.rule_id = rules.rule_id

)

select * from final
