select
    feature_group,
    feature_version,
    entity_id,
    feature_values,
    event_at,
    known_at,
    run_id
from {{ source('ops', 'feature_values') }}
where known_at <= {{ millwright.as_of() }}
