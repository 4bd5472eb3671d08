select
    model_name,
    model_version,
    event_at as trained_at,
    known_at,
    n_train_rows,
    n_valid_rows,
    train_positive_rate,
    valid_log_loss,
    decision_threshold,
    run_id
from {{ source('ops', 'model_versions') }}
where known_at <= {{ millwright.as_of() }}
