select
    outcome_id,
    prediction_id,
    model_name,
    event_at,
    known_at,
    actual_class,
    actual_labels,
    actual_value,
    source,
    run_id,
    rejection_reason
from {{ ref('base_ops__outcomes') }}
where rejection_reason is not null
