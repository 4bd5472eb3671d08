with

periods as (

    {{ millwright.changed_periods(with_hours=false) }}

),

{{ millwright.ranked_scores() }},

placed as (

    select
        *,
        positives_above + negatives_above as n_above,
        positives_through + negatives_through as n_through,
        sum(positives + negatives) over of_group as n_total,
        sum(positives) over of_group as positives_total
    from ranked
    window of_group as (partition by group_id)

),

-- The scores at which another tenth of the predictions is reached.
reaching as (

    select
        group_id,
        score,
        n_above,
        n_through,
        n_total,
        positives_above,
        positives_through,
        positives_total
    from placed
    where floor(n_through * 10 / n_total) > floor(n_above * 10 / n_total)
    group by
        group_id,
        score,
        n_above,
        n_through,
        n_total,
        positives_above,
        positives_through,
        positives_total

),

tenths as (

    select
        reaching.*,
        numbers.tenth,
        numbers.tenth * reaching.n_total / 10 as n_taken
    from reaching
    inner join ({{ millwright.numbers_through(10) }}) as numbers (tenth)
        on
            numbers.tenth > 0
            and numbers.tenth * reaching.n_total > reaching.n_above * 10
            and numbers.tenth * reaching.n_total <= reaching.n_through * 10

),

-- Of equal scores as many positives are taken as there are on average.
gained as (

    select
        score_groups.period_id,
        score_groups.segment,
        score_groups.class_name,
        tenths.*,
        tenths.positives_through
        - (tenths.positives_through - tenths.positives_above) * (tenths.n_through - tenths.n_taken) / (tenths.n_through - tenths.n_above)
            as positives_taken
    from tenths
    inner join score_groups
        on tenths.group_id = score_groups.group_id

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
