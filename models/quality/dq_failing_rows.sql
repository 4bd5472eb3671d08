{#- Looked for are only the rows of rules that some failed, as the results just written say. -#}
{%- set results = ref('dq_rule_results') -%}
{%- set relations = millwright.ruled_relations() -%}
{%- set failed_rules = [] -%}
{%- if execute and load_relation(results) -%}
    {%- do failed_rules.extend(run_query(
        'select rule_id from ' ~ results ~ " where n_failed > 0 and rule_type not in ('freshness', 'row_count')"
    ).columns[0].values()) -%}
{%- endif -%}
{%- set rules = millwright.active_rules(ref('data_quality_rules')) | selectattr('rule_id', 'in', failed_rules) | list -%}

with

failing as (
    {% for rule in rules %}
    {{ millwright.failing_rows(rule, relations, var('quality_sampled_rows')) }}
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- else %}
    select
        {{ millwright.literal(none) }} as rule_id,
        {{ millwright.literal(none, 'bigint') }} as sample_number,
        {{ millwright.literal(none) }} as failing_row
    where 1 = 0
    {%- endfor %}

),

final as (

    select
        results.rule_id,
        results.relation_name,
        results.column_name,
        failing.sample_number,
        failing.failing_row,
        results.evaluated_at,
        results.run_id
    from failing
    inner join {{ results }} as results
        on failing.rule_id = results.rule_id

)

select * from final
