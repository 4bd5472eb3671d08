-- Of the readings that had happened and were known, the newest. What is too old goes early, and each moment has few left.
with

newest as (

    select
        moments.entity_id,
        moments.moment,
        arg_max(readings, row(readings.event_at, readings.known_at)) as reading
    from prod.moments as moments
    inner join prod.feat_late_readings as readings
        on
            moments.entity_id = readings.entity_id
            and moments.moment >= readings.event_at
            and moments.moment >= readings.known_at
            and moments.moment - interval '4' day <= readings.event_at
    group by
        moments.entity_id,
        moments.moment

)

select
    moments.entity_id,
    moments.moment,
    newest.reading.reading_number,
    newest.reading.n_events,
    newest.reading.level,
    newest.reading.amount,
    newest.reading.share,
    newest.reading.event_at as late_readings__event_at,
    newest.reading.known_at as late_readings__known_at
from prod.moments as moments
left join newest
    on
        moments.entity_id = newest.entity_id
        and moments.moment = newest.moment
