select
    prediction_id,
    model_name,
    model_version,
    entity_id,
    event_at,
    known_at,
    score,
    predicted_class,
    predicted_labels,
    predicted_value,
    class_scores,
    data_split,
    segments,
    user_id,
    session_id,
    request_id,
    environment,
    latency_ms,
    run_id,
    rejection_reason
from {{ ref('base_ops__predictions') }}
where rejection_reason is not null
