select
    model_name,
    model_version,
    revision,
    status,
    project_name,
    experiment_name,
    actor,
    reason,
    request_id,
    event_at,
    known_at,
    recorded_at,
    run_id
from {{ source('ops', 'model_version_revisions') }}
