with

predictions as (

    select * from {{ ref('eval_prediction_groups') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}
    where task = 'binary'

),

-- Scores are clipped as scikit-learn does, so that a certain and wrong prediction costs much but not infinitely much.
judged as (

    select
        predictions.model_name,
        predictions.model_version,
        predictions.month_starts_on,
        predictions.segment,
        predictions.score,
        predictions.actual_class is not null as has_outcome,
        predictions.predicted_class = tasks.positive_class as is_predicted,
        predictions.actual_class = tasks.positive_class as is_actual,
        least(
            greatest(predictions.score, cast(2.220446049250313e-16 as {{ millwright.sql_type('float8') }})),
            1 - cast(2.220446049250313e-16 as {{ millwright.sql_type('float8') }})
        ) as clipped_score
    from predictions
    inner join tasks
        on predictions.model_name = tasks.model_name

),

final as (

    select
        model_name,
        model_version,
        month_starts_on,
        segment,
        count(*) as n_predictions,
        count(case when has_outcome then 1 end) as n_outcomes,
        count(case when is_actual and is_predicted then 1 end) as n_true_positives,
        count(case when not is_actual and is_predicted then 1 end) as n_false_positives,
        count(case when is_actual and not is_predicted then 1 end) as n_false_negatives,
        count(case when not is_actual and not is_predicted then 1 end) as n_true_negatives,
        count(case when has_outcome then score end) as n_scored_outcomes,
        -- The square of a score below 1e-150 is no float any more, which PostgreSQL makes an error.
        sum(case
            when is_actual then (1 - score) * (1 - score)
            when not is_actual and score < 1e-150 then 0
            when not is_actual then score * score
        end) as sum_squared_error,
        sum(case when is_actual then -ln(clipped_score) when not is_actual then -ln(1 - clipped_score) end) as sum_log_loss
    from judged
    group by
        model_name,
        model_version,
        month_starts_on,
        segment

)

select * from final
