select
    prediction_id,
    model_name,
    model_version,
    entity_id,
    event_at,
    known_at,
    score,
    predicted_class,
    data_split,
    run_id,
    rejection_reason
from {{ ref('base_ops__predictions') }}
where rejection_reason is not null
