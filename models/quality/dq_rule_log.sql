with

results as (

    select * from {{ ref('stg_ops__rule_results') }}

),

-- A node that is built again in the same run has more than one step.
evaluations as (

    select
        run_id,
        sum(execution_seconds) as seconds
    from {{ ref('stg_ops__run_steps') }}
    where node_id like 'model.%.dq_rule_results'
    group by run_id

),

final as (

    select
        results.rule_id,
        results.relation_name,
        results.column_name,
        results.rule_type,
        results.severity,
        results.action,
        results.n_rows,
        results.n_failed,
        results.failed_rate,
        results.observed_value,
        results.warn_rate,
        results.error_rate,
        results.min_rows,
        results.verdict,
        results.problem,
        results.evaluated_at,
        evaluations.seconds as evaluation_seconds,
        results.run_id
    from results
    left join evaluations
        on results.run_id = evaluations.run_id

)

select * from final
