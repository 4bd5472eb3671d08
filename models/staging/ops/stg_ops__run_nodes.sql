select
    run_id,
    invocation_id,
    node_id,
    resource_type,
    stage,
    recorded_at
from {{ source('ops', 'run_nodes') }}
