select
    run_id,
    invocation_id,
    pipeline_id,
    event,
    command,
    target_name,
    as_of,
    is_full_refresh,
    recorded_at,
    message
from {{ source('ops', 'runs') }}
