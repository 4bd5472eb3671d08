select
    model_name,
    model_version,
    entity_id,
    feature_vector,
    features_known_at,
    computed_at,
    expires_at,
    recorded_at,
    run_id
from {{ source('ops', 'feature_vectors') }}
where computed_at <= {{ millwright.as_of() }}
