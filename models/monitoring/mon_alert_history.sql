-- The night's events reach the landing table while this runs:
-- depends_on: {{ ref('mon_alert_changes') }}

with

final as (

    select
        alert_id,
        alert_key,
        alert_type,
        severity,
        subject,
        event,
        message,
        actor,
        event_at,
        known_at,
        run_id
    from {{ ref('stg_ops__alert_events') }}

)

select * from final
