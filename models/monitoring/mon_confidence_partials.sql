with

predictions as (

    {{ millwright.changed_since(ref('eval_predictions'), 'day') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}
    where
        task = 'binary'
        and positive_class is not null

),

scored as (

    select
        predictions.model_name,
        predictions.model_version,
        predictions.day_starts_at,
        predictions.event_at,
        predictions.changed_at,
        predictions.score,
        predictions.predicted_class = tasks.positive_class as is_predicted,
        predictions.actual_class = tasks.positive_class as is_actual
    from predictions
    inner join tasks
        on predictions.model_name = tasks.model_name
    where
        predictions.score is not null
        and predictions.predicted_class is not null

),

-- If a score is the probability of the positive class, this is what a prediction adds to the counts and losses on average.
final as (

    select
        model_name,
        model_version,
        day_starts_at,
        count(*) as n_predictions,
        count(is_actual) as n_outcomes,
        sum(case when is_predicted then score else 0 end) as expected_tp,
        sum(case when is_predicted then 1 - score else 0 end) as expected_fp,
        sum(case when is_predicted then 0 else score end) as expected_fn,
        sum(case when is_predicted then 0 else 1 - score end) as expected_tn,
        sum(score * (1 - score)) as expected_squared_error,
        sum(score * {{ millwright.log_loss_of('score') }} + (1 - score) * {{ millwright.log_loss_of('1 - score') }}) as expected_log_loss,
        count(case when is_predicted and is_actual then 1 end) as tp,
        count(case when is_predicted and not is_actual then 1 end) as fp,
        count(case when not is_predicted and is_actual then 1 end) as fn,
        count(case when not is_predicted and not is_actual then 1 end) as tn,
        -- The square of a score below 1e-150 is no float any more, which PostgreSQL makes an error.
        sum(
            case
                when is_actual then (1 - score) * (1 - score)
                when not is_actual and score >= 1e-150 then score * score
                else score * 0
            end
        ) as squared_error,
        sum(
            case
                when is_actual then {{ millwright.log_loss_of('score') }}
                when not is_actual then {{ millwright.log_loss_of('1 - score') }}
                else 0
            end
        ) as log_loss,
        max(event_at) as last_event_at,
        max(changed_at) as known_at
    from scored
    group by
        model_name,
        model_version,
        day_starts_at

)

select * from final
