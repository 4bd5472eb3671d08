select
    run_id,
    pipeline_id,
    stage,
    status,
    started_at,
    finished_at,
    message
from {{ ref('stg_ops__run_stages') }}
