select *
from {{ ref('train_customer__labels') }}
where
    label_known_at <= snapshot_at
    or label_known_at > {{ millwright.as_of() }}
