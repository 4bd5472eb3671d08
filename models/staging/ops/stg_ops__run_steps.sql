select
    run_id,
    invocation_id,
    node_id,
    resource_type,
    status,
    started_at,
    completed_at,
    execution_seconds,
    n_rows,
    n_failures,
    memory_mb,
    message
from {{ source('ops', 'run_steps') }}
