{%- set relations = {
    'stg_shop__purchases': ref('stg_shop__purchases'),
    'fct_transactions': ref('fct_transactions'),
    'fct_support_tickets': ref('fct_support_tickets'),
    'dim_customers': ref('dim_customers'),
} -%}
{%- set rules = millwright.active_rules(ref('data_quality_rules')) -%}

with

rules as (

    select * from {{ ref('data_quality_rules') }}
    where is_active

),

evaluated as (

    {{ millwright.evaluate_rules(rules, relations) }}

),

rated as (

    select
        evaluated.rule_id,
        evaluated.n_rows,
        evaluated.n_failed,
        {{ millwright.safe_divide('evaluated.n_failed', 'evaluated.n_rows') }} as failed_rate
    from evaluated

),

final as (

    select
        rules.rule_id,
        rules.relation_name,
        rules.column_name,
        rules.rule_type,
        rules.description,
        rated.n_rows,
        rated.n_failed,
        rated.failed_rate,
        rules.warn_rate,
        rules.error_rate,
        case
            when rated.n_rows = 0 then 'no_rows'
            when rated.failed_rate > rules.error_rate then 'fail'
            when rated.failed_rate > rules.warn_rate then 'warn'
            else 'pass'
        end as verdict,
        {{ millwright.as_of() }} as evaluated_at
    from rules
    inner join rated
        on rules.rule_id = rated.rule_id

)

select * from final
