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
    known_at,
    run_id
from {{ source('ops', 'alert_events') }}
