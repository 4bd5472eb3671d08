select examples.*
from {{ ref('train_repurchase__examples') }} as examples
inner join {{ ref('feat_customer__rfm') }} as features
    on
        examples.customer_id = features.customer_id
        and examples.snapshot_at = features.event_at
where
    features.known_at > examples.snapshot_at
    or examples.label_known_at <= examples.snapshot_at
    or examples.label_known_at > {{ millwright.as_of() }}
