-- One pass for all that adds up; a sort for each of month and all time for what is ranked.
with

judged as not materialized (

    select
        model_name,
        model_version,
        date_trunc('month', event_at) as month_starts_at,
        actual_class,
        predicted_class,
        actual_class = 'yes' as is_actual,
        score,
        least(greatest(score, 2.220446049250313e-16), 1 - 2.220446049250313e-16::float8) as clipped
    from evaluation.eval_predictions
    where actual_class is not null

),

tenths_of_months as materialized (

    select
        model_name,
        model_version,
        month_starts_at,
        actual_class,
        predicted_class,
        least(floor(score * 10), 9) as tenth,
        count(*) as n,
        count(*) filter (where is_actual) as positives,
        sum(score) as expected_positives,
        sum(case when is_actual then -ln(clipped) else -ln(1 - clipped) end) as loss,
        sum(case when is_actual then (1 - score) * (1 - score) else score * score end) as squared_error
    from judged
    group by
        model_name,
        model_version,
        month_starts_at,
        actual_class,
        predicted_class,
        least(floor(score * 10), 9)

),

classes as (

    select
        model_name,
        model_version,
        case when grouping(month_starts_at) = 0 then 'month' else 'all' end as grain,
        month_starts_at,
        class_name,
        coalesce(sum(n) filter (where actual_class = class_name and predicted_class = class_name), 0)::float8 as tp,
        coalesce(sum(n) filter (where actual_class <> class_name and predicted_class = class_name), 0)::float8 as fp,
        coalesce(sum(n) filter (where actual_class = class_name and predicted_class <> class_name), 0)::float8 as fn,
        coalesce(sum(n) filter (where actual_class <> class_name and predicted_class <> class_name), 0)::float8 as tn
    from tenths_of_months
    cross join (values ('yes'), ('no')) as names (class_name)
    group by grouping sets (
        (model_name, model_version, month_starts_at, class_name),
        (model_name, model_version, class_name)
    )

),

by_class as (

    select
        model_name,
        model_version,
        grain,
        month_starts_at,
        class_name,
        metric,
        value
    from classes
    cross join lateral (
        values
        ('precision', tp / nullif(tp + fp, 0)),
        ('recall', tp / nullif(tp + fn, 0)),
        ('specificity', tn / nullif(tn + fp, 0)),
        ('f1', 2 * tp / nullif(2 * tp + fp + fn, 0)),
        ('jaccard', tp / nullif(tp + fp + fn, 0)),
        ('accuracy', (tp + tn) / (tp + fp + fn + tn)),
        ('matthews_correlation', (tp * tn - fp * fn) / nullif(sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)), 0))
    ) as long (metric, value)

),

-- Calibration by tenths, log loss and Brier score.
tenths as (

    select
        model_name,
        model_version,
        case when grouping(month_starts_at) = 0 then 'month' else 'all' end as grain,
        month_starts_at,
        sum(n) as n,
        sum(positives) as positives,
        sum(expected_positives) as expected_positives,
        sum(loss) as loss,
        sum(squared_error) as squared_error
    from tenths_of_months
    group by grouping sets (
        (model_name, model_version, month_starts_at, tenth),
        (model_name, model_version, tenth)
    )

),

by_tenths as (

    select
        model_name,
        model_version,
        grain,
        month_starts_at,
        metric,
        value
    from (
        select
            model_name,
            model_version,
            grain,
            month_starts_at,
            sum(loss) / sum(n)::float8 as log_loss,
            sum(squared_error) / sum(n)::float8 as brier_score,
            sum(abs(expected_positives - positives::float8)) / sum(n)::float8 as expected_calibration_error
        from tenths
        group by
            model_name,
            model_version,
            grain,
            month_starts_at
    ) as summed
    cross join lateral (
        values
        ('log_loss', log_loss),
        ('brier_score', brier_score),
        ('expected_calibration_error', expected_calibration_error)
    ) as long (metric, value)

),

-- Numbers, because to sort by them takes half as long as to sort by names.
months as materialized (

    select
        model_name,
        model_version,
        month_starts_at,
        dense_rank() over (order by model_name, model_version) as version_number,
        row_number() over () as month_number
    from (select distinct model_name, model_version, month_starts_at from tenths_of_months) as found

),

numbered as not materialized (

    select
        months.version_number,
        months.month_number,
        judged.is_actual,
        judged.score
    from judged
    inner join months
        on
            judged.model_name = months.model_name
            and judged.model_version = months.model_version
            and judged.month_starts_at = months.month_starts_at

),

-- The frame of a window ends with the last row of the same score, the rank is that of the first.
ranked as (

    select
        'month' as grain,
        month_number as number,
        is_actual,
        rank() over descending as first_place,
        count(*) over descending as last_place,
        count(*) filter (where is_actual) over descending as positives_through
    from numbered
    window descending as (partition by month_number order by score desc)

    union all

    select
        'all' as grain,
        version_number as number,
        is_actual,
        rank() over descending as first_place,
        count(*) over descending as last_place,
        count(*) filter (where is_actual) over descending as positives_through
    from numbered
    window descending as (partition by version_number order by score desc)

),

summed_ranks as (

    select
        grain,
        number,
        count(*) filter (where is_actual)::float8 as positives,
        count(*) filter (where not is_actual)::float8 as negatives,
        sum((first_place + last_place)::float8 / 2) filter (where not is_actual) as places_of_negatives,
        sum(positives_through::float8 / last_place) filter (where is_actual) as precision_sum
    from ranked
    group by
        grain,
        number

),

-- The area from the mean places of the negatives, after Mann and Whitney.
by_rank as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.month_starts_at,
        long.metric,
        long.value
    from summed_ranks
    inner join (
        select
            'month' as grain,
            month_number as number,
            model_name,
            model_version,
            month_starts_at
        from months
        union all
        select distinct
            'all' as grain,
            version_number as number,
            model_name,
            model_version,
            null::timestamp as month_starts_at
        from months
    ) as periods
        on
            summed_ranks.grain = periods.grain
            and summed_ranks.number = periods.number
    cross join lateral (
        values
        ('roc_auc', (places_of_negatives - negatives * (negatives + 1) / 2) / nullif(positives * negatives, 0)),
        ('average_precision', precision_sum / nullif(positives, 0))
    ) as long (metric, value)

)

select
    model_name,
    model_version,
    grain,
    month_starts_at,
    class_name,
    metric,
    value
from by_class
union all
select
    model_name,
    model_version,
    grain,
    month_starts_at,
    'yes' as class_name,
    metric,
    value
from by_tenths
union all
select
    model_name,
    model_version,
    grain,
    month_starts_at,
    'yes' as class_name,
    metric,
    value
from by_rank
