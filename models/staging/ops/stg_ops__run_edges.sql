select
    run_id,
    invocation_id,
    source_id,
    target_id,
    n_source_rows,
    n_target_rows,
    recorded_at
from {{ source('ops', 'run_edges') }}
