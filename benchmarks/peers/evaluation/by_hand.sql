with

judged as (

    select
        model_name,
        model_version,
        date_trunc('month', event_at) as month_starts_at,
        actual_class,
        predicted_class,
        actual_class = 'yes' as is_actual,
        score,
        least(greatest(score, 2.220446049250313e-16), 1 - 2.220446049250313e-16) as clipped
    from evaluation.eval_predictions
    where actual_class is not null

),

cells as (

    select
        model_name,
        model_version,
        case when grouping(month_starts_at) = 0 then 'month' else 'all' end as grain,
        month_starts_at,
        actual_class,
        predicted_class,
        cast(count(*) as double) as n
    from judged
    group by grouping sets (
        (model_name, model_version, month_starts_at, actual_class, predicted_class),
        (model_name, model_version, actual_class, predicted_class)
    )

),

classes as (

    select
        model_name,
        model_version,
        grain,
        month_starts_at,
        class_name,
        sum(n) filter (where actual_class = class_name and predicted_class = class_name) as tp,
        coalesce(sum(n) filter (where actual_class <> class_name and predicted_class = class_name), 0) as fp,
        coalesce(sum(n) filter (where actual_class = class_name and predicted_class <> class_name), 0) as fn,
        coalesce(sum(n) filter (where actual_class <> class_name and predicted_class <> class_name), 0) as tn
    from cells
    cross join (values ('yes'), ('no')) as names (class_name)
    group by all

),

by_class as (

    unpivot (
        select
            model_name,
            model_version,
            grain,
            month_starts_at,
            class_name,
            tp / (tp + fp) as precision,
            tp / (tp + fn) as recall,
            tn / (tn + fp) as specificity,
            2 * tp / (2 * tp + fp + fn) as f1,
            tp / (tp + fp + fn) as jaccard,
            (tp + tn) / (tp + fp + fn + tn) as accuracy,
            (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) as matthews_correlation
        from classes
    )
    on columns(* exclude (model_name, model_version, grain, month_starts_at, class_name))
    into name metric value value

),

-- Calibration by tenths, log loss and Brier score.
tenths as (

    select
        model_name,
        model_version,
        case when grouping(month_starts_at) = 0 then 'month' else 'all' end as grain,
        month_starts_at,
        least(floor(score * 10), 9) as tenth,
        count(*) as n,
        count(*) filter (where is_actual) as positives,
        sum(score) as expected_positives,
        sum(case when is_actual then -ln(clipped) else -ln(1 - clipped) end) as loss,
        sum(case when is_actual then (1 - score) * (1 - score) else score * score end) as squared_error
    from judged
    group by grouping sets (
        (model_name, model_version, month_starts_at, least(floor(score * 10), 9)),
        (model_name, model_version, least(floor(score * 10), 9))
    )

),

by_tenths as (

    unpivot (
        select
            model_name,
            model_version,
            grain,
            month_starts_at,
            sum(loss) / sum(n) as log_loss,
            sum(squared_error) / sum(n) as brier_score,
            sum(abs(expected_positives - positives)) / sum(n) as expected_calibration_error
        from tenths
        group by all
    )
    on log_loss, brier_score, expected_calibration_error
    into name metric value value

),

scores as (

    select
        model_name,
        model_version,
        case when grouping(month_starts_at) = 0 then 'month' else 'all' end as grain,
        month_starts_at,
        score,
        count(*) filter (where is_actual) as positives,
        count(*) filter (where not is_actual) as negatives
    from judged
    group by grouping sets (
        (model_name, model_version, month_starts_at, score),
        (model_name, model_version, score)
    )

),

ranked as (

    select
        *,
        sum(positives) over descending as positives_through,
        sum(negatives) over descending as negatives_through
    from scores
    window descending as (partition by model_name, model_version, grain, month_starts_at order by score desc rows unbounded preceding)

),

by_rank as (

    unpivot (
        select
            model_name,
            model_version,
            grain,
            month_starts_at,
            sum(negatives * (positives_through - positives / 2)) / (sum(positives) * sum(negatives)) as roc_auc,
            sum(positives * positives_through / (positives_through + negatives_through)) / sum(positives) as average_precision
        from ranked
        group by all
    )
    on roc_auc, average_precision
    into name metric value value

)

select model_name, model_version, grain, month_starts_at, class_name, metric, value
from by_class
union all by name
select *, 'yes' as class_name
from by_tenths
union all by name
select *, 'yes' as class_name
from by_rank
