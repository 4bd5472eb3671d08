select
    run_id,
    pipeline_id,
    stage,
    status,
    started_at,
    finished_at,
    message
from {{ source('ops', 'run_stages') }}
