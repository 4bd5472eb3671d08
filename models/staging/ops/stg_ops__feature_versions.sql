select
    feature_group,
    feature_version,
    logic_hash,
    logic,
    entity_key,
    features,
    event_at,
    known_at,
    run_id
from {{ source('ops', 'feature_versions') }}
