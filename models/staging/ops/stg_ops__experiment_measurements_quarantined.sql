select
    experiment_id,
    entity_id,
    metric,
    value,
    event_at,
    known_at,
    run_id,
    rejection_reason
from {{ ref('base_ops__experiment_measurements') }}
where rejection_reason is not null
