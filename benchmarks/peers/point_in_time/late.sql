-- Of the readings that had happened and were known, the newest: a reading shows until a newer one does.
with

shown as (

    select
        *,
        greatest(event_at, known_at) as shown_from
    from prod.feat_late_readings
    qualify coalesce(
        shown_from < min(shown_from) over (
            partition by entity_id
            order by event_at desc, known_at desc
            rows between unbounded preceding and 1 preceding
        ),
        true
    )

),

newest as (

    select
        moments.entity_id,
        moments.moment,
        shown.* exclude (entity_id),
        shown.event_at >= moments.moment - interval '4' day as counts
    from prod.moments as moments
    asof left join shown
        on
            moments.entity_id = shown.entity_id
            and moments.moment >= shown.shown_from

)

select
    entity_id,
    moment,
    case when counts then reading_number end as reading_number,
    case when counts then n_events end as n_events,
    case when counts then level end as level,
    case when counts then amount end as amount,
    case when counts then share end as share,
    case when counts then event_at end as late_readings__event_at,
    case when counts then known_at end as late_readings__known_at
from newest
