select
    crm_id,
    account_number,
    email,
    given_name,
    surname,
    birth_on,
    phone,
    street,
    city,
    postcode,
    state,
    updated_at,
    deleted_at,
    loaded_at,
    rejection_reason
from {{ ref('base_crm__customers') }}
where rejection_reason is not null
