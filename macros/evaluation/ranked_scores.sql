{#- The CTEs that lead from `eval_class_scores` and the CTE `periods` of `changed_periods` to `ranked`: a row per period_id, segment, class_name and
    score with its positives and negatives, and those of all scores from it on upwards. -#}

{%- macro ranked_scores() -%}
    {%- set float8 = millwright.sql_type('float8') -%}
scores as {{ millwright.not_materialized() }} (

    select * from {{ ref('eval_class_scores') }}
    where
        score is not null
        and is_actual is not null
        and event_at >= {{ millwright.first_changed_period() }}

),

scores_in_periods as {{ millwright.not_materialized() }} (

    {{ millwright.in_periods('scores', 'event_at', ['class_name', 'score', 'is_actual']) }}

),

scores_in_segments as (

    {{ millwright.in_segments('scores_in_periods', ['period_id', 'class_name', 'score', 'is_actual']) }}

),

-- Ties share one row, and so one rank. By the negative score, because PostgreSQL groups upwards: so ordered, it ranks without sorting again.
by_score as (

    select
        period_id,
        segment,
        class_name,
        -score as negative_score,
        cast(count(case when is_actual then 1 end) as {{ float8 }}) as positives,
        cast(count(case when not is_actual then 1 end) as {{ float8 }}) as negatives
    from scores_in_segments
    group by
        period_id,
        segment,
        class_name,
        -score

),

ranked as (

    select
        *,
        -negative_score as score,
        sum(positives) over descending as positives_through,
        sum(negatives) over descending as negatives_through
    from by_score
    window descending as (
        partition by period_id, segment, class_name
        order by negative_score
        rows between unbounded preceding and current row
    )

)
{%- endmacro -%}
