{{ config(post_hook="{{ millwright.append_to_landing('rule_results', key=['run_id', 'rule_id']) }}") }}
{%- set rules = millwright.active_rules(ref('data_quality_rules')) -%}

with

rated as (

    {{ millwright.rated_rules(ref('data_quality_rules'), rules, millwright.ruled_relations()) }}

),

final as (

    select
        rule_id,
        relation_name,
        column_name,
        rule_type,
        description,
        severity,
        action,
        n_rows,
        cast(n_failed as bigint) as n_failed,
        cast(failed_rate as {{ millwright.sql_type('float8') }}) as failed_rate,
        observed_value,
        warn_rate,
        error_rate,
        min_rows,
        verdict,
        problem,
        {{ millwright.as_of() }} as evaluated_at,
        '{{ millwright.run_id() }}' as run_id
    from rated

)

select * from final
