with

predictions as (

    select * from {{ ref('eval_predictions') }}

),

features as (

    select * from {{ ref('stg_ops__model_features') }}

),

inputs as (

    select * from {{ ref('fs_group_inputs') }}

),

results as (

    select
        *,
        case verdict
            when 'error' then 1
            when 'fail' then 2
            when 'warn' then 3
            when 'insufficient' then 4
            else 5
        end as verdict_rank
    from {{ ref('dq_rule_log') }}

),

-- Of two runs with one as_of nothing says which came last: the worse result counts.
evaluated as (

    {{ millwright.deduplicate(
        'results',
        partition_by=['rule_id', 'evaluated_at'],
        order_by=['verdict_rank', 'failed_rate desc nulls last', millwright.bytewise('run_id')]
    ) }}

),

in_force as (

    select
        *,
        lead(evaluated_at) over (partition by rule_id order by evaluated_at) as superseded_at
    from evaluated

),

groups_of_versions as (

    select distinct
        features.model_name,
        features.model_version,
        features.feature_group,
        inputs.relation_name
    from features
    inner join inputs
        on features.feature_group = inputs.feature_group

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        predictions.event_at,
        groups_of_versions.feature_group,
        in_force.rule_id,
        in_force.relation_name,
        in_force.column_name,
        in_force.severity,
        in_force.verdict,
        in_force.verdict_rank,
        in_force.n_rows,
        in_force.n_failed,
        in_force.failed_rate,
        in_force.evaluated_at,
        in_force.run_id
    from predictions
    inner join groups_of_versions
        on
            predictions.model_name = groups_of_versions.model_name
            and predictions.model_version = groups_of_versions.model_version
    inner join in_force
        on
            groups_of_versions.relation_name = in_force.relation_name
            and predictions.event_at >= in_force.evaluated_at
            and (predictions.event_at < in_force.superseded_at or in_force.superseded_at is null)

)

select * from final
