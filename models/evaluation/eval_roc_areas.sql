with

predictions as (

    select * from {{ ref('eval_prediction_groups') }}
    where
        actual_class is not null
        and score is not null

),

tasks as (

    select * from {{ ref('model_tasks') }}
    where task = 'binary'

),

-- Counts per distinct score: ties share one row, and so one rank.
by_score as (

    select
        predictions.model_name,
        predictions.model_version,
        predictions.month_starts_on,
        predictions.segment,
        predictions.score,
        count(case when predictions.actual_class = tasks.positive_class then 1 end) as n_positives,
        count(case when predictions.actual_class <> tasks.positive_class then 1 end) as n_negatives
    from predictions
    inner join tasks
        on predictions.model_name = tasks.model_name
    group by
        predictions.model_name,
        predictions.model_version,
        predictions.month_starts_on,
        predictions.segment,
        predictions.score

),

periods as (

    select
        model_name,
        model_version,
        'month' as grain,
        month_starts_on,
        segment,
        score,
        n_positives,
        n_negatives
    from by_score

    union all

    select
        model_name,
        model_version,
        'all' as grain,
        cast(null as date) as month_starts_on,
        segment,
        score,
        sum(n_positives) as n_positives,
        sum(n_negatives) as n_negatives
    from by_score
    group by
        model_name,
        model_version,
        segment,
        score

),

ranked as (

    select
        model_name,
        model_version,
        grain,
        month_starts_on,
        segment,
        n_positives,
        n_negatives,
        sum(n_negatives) over (
            partition by model_name, model_version, grain, month_starts_on, segment
            order by score
            rows between unbounded preceding and current row
        ) - n_negatives as n_negatives_below
    from periods

),

-- The share of (positive, negative) pairs that the score puts in the right order, a tie counting half (Mann and Whitney).
final as (

    select
        model_name,
        model_version,
        grain,
        month_starts_on,
        segment,
        {{ millwright.safe_divide(
            'sum(n_positives * (n_negatives_below + n_negatives / cast(2 as ' ~ millwright.sql_type('float8') ~ ')))',
            'cast(sum(n_positives) as ' ~ millwright.sql_type('float8') ~ ') * cast(sum(n_negatives) as ' ~ millwright.sql_type('float8') ~ ')'
        ) }} as roc_auc
    from ranked
    group by
        model_name,
        model_version,
        grain,
        month_starts_on,
        segment

)

select * from final
