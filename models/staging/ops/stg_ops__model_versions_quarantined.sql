select
    model_name,
    model_version,
    event_at,
    known_at,
    n_train_rows,
    n_valid_rows,
    train_positive_rate,
    valid_log_loss,
    decision_threshold,
    algorithm,
    parameters,
    expected_accuracy,
    expected_latency_ms,
    expected_throughput_rps,
    created_by,
    run_id,
    rejection_reason
from {{ ref('base_ops__model_versions') }}
where rejection_reason is not null
