select
    source_system || '-' || source_record_id as record_key,
    account_number as person_id
{%- if var('raw_schemas')['truth'] %}
from {{ source('truth', 'identities') }}
{%- else %}
from (
    select
        null as source_system,
        null as source_record_id,
        null as account_number
) as nothing_known
where 1 = 0
{%- endif %}
