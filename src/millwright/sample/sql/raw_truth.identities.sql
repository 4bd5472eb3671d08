with

identities as (

    select copy, 'crm' as source_system, crm_id as source_record_id, account_number from temp.crm_records

    union all

    select copy, 'erp' as source_system, customer_no as source_record_id, account_number from temp.erp_records

    union all

    select copy, 'marketing' as source_system, contact_id as source_record_id, account_number from temp.marketing_records

)

select
    source_system,
    source_record_id,
    account_number
from identities
order by copy, source_system, length(source_record_id), source_record_id
