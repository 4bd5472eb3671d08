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
    run_id
from {{ ref('base_ops__outcomes') }}
-- So put, PostgreSQL expects two thirds of the rows; of `is null` one in two hundred, for which it goes through them again and again.
where (rejection_reason > '') is not true
