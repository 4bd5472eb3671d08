-- No reading is known after it happened, so one clock is enough.
with

newest as (

    select
        moments.entity_id,
        moments.moment,
        readings.* exclude (entity_id),
        readings.event_at >= moments.moment - interval '4' day as counts
    from prod.moments as moments
    asof left join prod.feat_readings as readings
        on
            moments.entity_id = readings.entity_id
            and moments.moment >= readings.event_at

)

select
    entity_id,
    moment,
    case when counts then reading_number end as reading_number,
    case when counts then n_events end as n_events,
    case when counts then level end as level,
    case when counts then amount end as amount,
    case when counts then share end as share,
    case when counts then event_at end as readings__event_at,
    case when counts then known_at end as readings__known_at
from newest
