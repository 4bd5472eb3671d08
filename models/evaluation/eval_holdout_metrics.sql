with

scores as (

    select * from {{ ref('pred_repurchase__holdout_scores') }}

),

periods as (

    select
        min(event_at) as first_snapshot_at,
        max(event_at) as last_snapshot_at
    from scores

),

metrics as (

    {{ millwright.probability_metrics(
        'scores', "actual_class = 'repurchase'", 'score', group_by=['model_name', 'model_version']
    ) | indent(4) }}

),

final as (

    select
        metrics.model_name,
        metrics.model_version,
        metrics.metric,
        metrics.value,
        metrics.n,
        periods.first_snapshot_at,
        periods.last_snapshot_at
    from metrics
    cross join periods

)

select * from final
