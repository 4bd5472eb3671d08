select
    assignment_id,
    record_key,
    source_system,
    source_record_id,
    revision,
    customer_id,
    previous_customer_id,
    link_rule,
    event_at,
    known_at,
    run_id
from {{ source('ops', 'customer_assignments') }}
where known_at <= {{ millwright.as_of() }}
