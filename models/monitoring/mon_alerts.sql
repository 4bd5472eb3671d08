with

events as (

    select
        *,
        row_number() over (
            partition by alert_id, event
            order by event_at desc, known_at desc, {{ millwright.bytewise('run_id') }}
        ) as recency
    from {{ ref('mon_alert_history') }}

),

alerts as (

    select
        alert_id,
        alert_key,
        max(alert_type) as alert_type,
        max(severity) as severity,
        max(subject) as subject,
        max(case when event in ('opened', 'reopened') then message end) as message,
        max(case when event = 'reopened' then 1 else 0 end) = 1 as is_reopened,
        max(case when event in ('opened', 'reopened') then event_at end) as opened_at,
        max(case when event in ('opened', 'reopened') then run_id end) as opened_by_run_id,
        max(case when event = 'acknowledged' then event_at end) as acknowledged_at,
        max(case when event = 'acknowledged' then actor end) as acknowledged_by,
        max(case when event = 'acknowledged' then message end) as acknowledgement,
        max(case when event = 'resolved' then event_at end) as resolved_at,
        max(case when event = 'resolved' then actor end) as resolved_by,
        max(case when event = 'resolved' then message end) as resolution,
        max(case when event = 'notified' then event_at end) as notified_at
    from events
    where recency = 1
    group by
        alert_id,
        alert_key

),

final as (

    select
        alert_id,
        alert_key,
        alert_type,
        severity,
        case
            when resolved_at is not null then 'resolved'
            when acknowledged_at is not null then 'acknowledged'
            else 'open'
        end as status,
        subject,
        message,
        is_reopened,
        opened_at,
        opened_by_run_id,
        acknowledged_at,
        acknowledged_by,
        acknowledgement,
        resolved_at,
        resolved_by,
        resolution,
        notified_at
    from alerts

)

select * from final
