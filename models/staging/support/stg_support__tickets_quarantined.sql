select
    ticket_id,
    account_number,
    email,
    opened_at,
    closed_at,
    topic,
    priority,
    satisfaction,
    loaded_at,
    rejection_reason
from {{ ref('base_support__tickets') }}
where rejection_reason is not null
