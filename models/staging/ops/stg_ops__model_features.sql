select
    model_name,
    model_version,
    feature_order,
    feature_group,
    feature,
    data_type,
    coalesce(is_required, true) as is_required,
    known_at,
    run_id
from {{ source('ops', 'model_features') }}
where known_at <= {{ millwright.as_of() }}
