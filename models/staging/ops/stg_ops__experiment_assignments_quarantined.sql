select
    assignment_id,
    experiment_id,
    entity_id,
    variant,
    prediction_id,
    event_at,
    known_at,
    run_id,
    rejection_reason
from {{ ref('base_ops__experiment_assignments') }}
where rejection_reason is not null
