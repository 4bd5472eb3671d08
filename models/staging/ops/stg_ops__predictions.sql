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
    input_features,
    application_id,
    memory_mb,
    cpu_rate,
    business_context,
    run_id
from {{ ref('base_ops__predictions') }}
-- So put, PostgreSQL expects two thirds of the rows; of `is null` one in two hundred, for which it goes through them again and again.
where (rejection_reason > '') is not true
