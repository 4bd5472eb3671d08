with

decisions as (

    select * from {{ ref('steward_decisions') }}

),

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

pins as (

    select
        records.customer_id,
        case
            {%- for group, fields in millwright.customer_field_groups().items() %}
            when decisions.column_name in ('{{ fields | join("', '") }}') then '{{ group }}'
            {%- endfor %}
        end as field_group,
        decisions.column_name,
        decisions.value,
        decisions.decision_id,
        decisions.decided_on
    from decisions
    inner join records
        on
            decisions.source_system = records.source_system
            and decisions.source_record_id = records.source_record_id
    where
        decisions.decision = 'pin'
        and decisions.decided_on <= {{ millwright.as_of() }}

),

-- Two records of one customer can be pinned: the newest decision counts.
final as (

    {{ millwright.deduplicate(
        'pins',
        partition_by=['customer_id', 'column_name'],
        order_by=['decided_on desc', millwright.bytewise('decision_id')],
        null_keys='dropped'
    ) }}

)

select
    customer_id,
    field_group,
    column_name,
    value,
    decision_id,
    decided_on
from final
