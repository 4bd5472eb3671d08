{{ config(
    materialized='table',
    post_hook="{{ millwright.append_to_landing('alert_events', key=['alert_id', 'event']) }}"
) }}

with

this_run as (

    select max(recorded_at) as started_at
    from {{ ref('stg_ops__runs') }}
    where event = 'started'

),

changes as (

    {{ millwright.alert_changes(
        ref('mon_alert_causes'),
        ref('stg_ops__alert_events'),
        ['health', 'performance', 'quality'],
        '(select started_at from this_run)'
    ) }}

),

final as (

    select
        alert_id,
        alert_key,
        event,
        severity,
        alert_type,
        subject,
        message,
        actor,
        event_at,
        known_at
    from changes

)

select * from final
