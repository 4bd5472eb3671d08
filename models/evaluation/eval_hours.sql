with

predictions as (

    {{ millwright.changed_since(ref('eval_predictions'), 'hour') }}

),

final as (

    select
        model_name,
        model_version,
        hour_starts_at,
        min(task) as task,
        count(*) as n_predictions,
        count(outcome_known_at) as n_outcomes,
        count(case when is_renamed then 1 end) as n_renamed,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,
        max(changed_at) as known_at
    from predictions
    group by
        model_name,
        model_version,
        hour_starts_at

)

select * from final
