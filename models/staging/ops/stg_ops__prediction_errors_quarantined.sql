select
    error_id,
    prediction_id,
    request_id,
    model_name,
    model_version,
    error_type,
    error_code,
    message,
    stack_trace,
    stage,
    input_features,
    event_at,
    known_at,
    run_id,
    rejection_reason
from {{ ref('base_ops__prediction_errors') }}
where rejection_reason is not null
