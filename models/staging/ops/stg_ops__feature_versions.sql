select
    feature_group,
    feature_version,
    logic_hash,
    logic,
    features,
    event_at,
    known_at,
    run_id
from {{ source('ops', 'feature_versions') }}
where known_at <= {{ millwright.as_of() }}
