select
    experiment_id,
    revision,
    variant,
    is_control,
    model_name,
    model_version,
    traffic_share,
    known_at,
    run_id,
    rejection_reason
from {{ ref('base_ops__experiment_variants') }}
where rejection_reason is not null
