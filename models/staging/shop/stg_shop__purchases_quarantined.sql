select
    line_number,
    account_number,
    purchased_on,
    quantity,
    amount,
    loaded_at,
    rejection_reason
from {{ ref('base_shop__purchases') }}
where rejection_reason is not null
