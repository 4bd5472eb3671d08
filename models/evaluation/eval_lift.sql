with

periods as (

    {{ millwright.changed_periods(with_hours=false) }}

),

{{ millwright.ranked_scores() }},

taken as (

    select
        *,
        positives + negatives as n,
        positives_through + negatives_through as n_through,
        sum(positives + negatives) over of_group as n_total,
        sum(positives) over of_group as positives_total
    from ranked
    window of_group as (partition by period_id, segment, class_name)

),

-- The scores at which another tenth of the predictions is reached; of equal scores as many positives are taken as there are on average.
tenths as (

    select
        taken.*,
        numbers.tenth,
        numbers.tenth * taken.n_total / 10 as n_taken
    from taken
    inner join ({{ millwright.numbers_through(10) }}) as numbers (tenth)
        on
            numbers.tenth > 0
            and numbers.tenth * taken.n_total > (taken.n_through - taken.n) * 10
            and numbers.tenth * taken.n_total <= taken.n_through * 10
    where floor(taken.n_through * 10 / taken.n_total) > floor((taken.n_through - taken.n) * 10 / taken.n_total)

),

gained as (

    select
        *,
        positives_through - positives * (n_through - n_taken) / n as positives_taken
    from tenths

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        gained.segment,
        gained.class_name,
        cast(gained.tenth as integer) as tenth,
        gained.score as score_from,
        gained.n_taken,
        gained.positives_taken,
        {{ millwright.safe_divide('gained.positives_taken', 'gained.positives_total') }} as gain,
        {{ millwright.safe_divide('gained.positives_taken * 10', 'gained.positives_total * gained.tenth') }} as lift,
        cast(gained.n_total as bigint) as n,
        periods.known_at
    from gained
    inner join periods
        on gained.period_id = periods.period_id

)

select * from final
