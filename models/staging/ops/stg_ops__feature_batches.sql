select
    feature_group,
    feature_version,
    build_id,
    event,
    first_snapshot_at,
    last_snapshot_at,
    n_rows,
    seconds,
    recorded_at,
    as_of,
    run_id,
    invocation_id
from {{ source('ops', 'feature_batches') }}
where as_of <= {{ millwright.as_of() }}
