select
    assignment_id,
    experiment_id,
    entity_id,
    variant,
    prediction_id,
    event_at,
    known_at,
    run_id
from {{ ref('base_ops__experiment_assignments') }}
-- So put, PostgreSQL expects two thirds of the rows; of `is null` one in two hundred, for which it goes through them again and again.
where (rejection_reason > '') is not true
