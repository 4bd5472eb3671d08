select
    error_id,
    status,
    note,
    actor,
    event_at,
    known_at,
    run_id
from {{ source('ops', 'prediction_error_events') }}
where known_at <= {{ millwright.as_of() }}
