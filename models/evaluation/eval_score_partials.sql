with

scores as (

    {{ millwright.changed_since(ref('eval_class_scores'), 'day') }}

),

-- Bin b has the scores from b / 100 until before the next, bin 100 those of 1. Multiplied, a score may end up beside its bin by its last digit.
binned as (

    select
        *,
        case
            when score >= (floor(score * 100) + 1) / 100 then floor(score * 100) + 1
            when score < floor(score * 100) / 100 then floor(score * 100) - 1
            else floor(score * 100)
        end as score_bin
    from scores

),

final as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        segments,
        class_name,
        cast(score_bin as integer) as score_bin,
        count(case when score is not null then is_actual end) as n,
        count(*) - count(is_actual) as n_unlabelled,
        count(case when score is null then is_actual end) as n_unpredicted,
        count(case when is_actual and score is not null then 1 end) as positives,
        count(case when not is_actual and score is not null then 1 end) as negatives,
        sum(case when is_actual is not null then score end) as expected_positives,
        -- Nothing is lost where no row is; and least() and greatest() pass over a score that is NULL.
        sum(case when is_actual and score is not null then {{ millwright.log_loss_of('score') }} else 0 end) as loss_of_positives,
        sum(case when not is_actual and score is not null then {{ millwright.log_loss_of('1 - score') }} else 0 end) as loss_of_negatives,
        -- The square of a score below 1e-150 is no float any more, which PostgreSQL makes an error.
        sum(
            case
                when is_actual then (1 - score) * (1 - score)
                when not is_actual and score >= 1e-150 then score * score
                when not is_actual then score * 0
            end
        ) as squared_error,
        max(changed_at) as known_at
    from binned
    group by
        model_name,
        model_version,
        day_starts_at,
        data_split,
        segments,
        class_name,
        score_bin

)

select * from final
