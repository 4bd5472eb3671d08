select
    contact_id,
    email,
    first_name,
    last_name,
    city,
    postcode,
    newsletter,
    modified_at,
    loaded_at,
    rejection_reason
from {{ ref('base_marketing__contacts') }}
where rejection_reason is not null
