-- What any exact area under the ROC curve needs at least: the place of every score, by month and of all time.
select sum(place) as places
from (
    select row_number() over (partition by hash(model_name, model_version, date_trunc('month', event_at)) order by score) as place
    from evaluation.eval_predictions
    where actual_class is not null

    union all

    select row_number() over (partition by hash(model_name, model_version) order by score) as place
    from evaluation.eval_predictions
    where actual_class is not null
) as placed
