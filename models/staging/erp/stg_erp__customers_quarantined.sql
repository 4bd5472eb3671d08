select
    customer_no,
    account_number,
    full_name,
    email,
    street,
    city,
    postcode,
    phone,
    changed_on,
    loaded_at,
    rejection_reason
from {{ ref('base_erp__customers') }}
where rejection_reason is not null
