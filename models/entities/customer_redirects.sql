with

crosswalk as (

    select * from {{ ref('customer_crosswalk') }}

),

retired as (

    select
        customer_id,
        min(valid_from) as valid_from,
        max(valid_to) as retired_at
    from crosswalk
    group by customer_id
    having count(valid_to) = count(*)

),

-- A customer is named after a record, so whoever holds that record now is who the customer became.
final as (

    select
        retired.customer_id,
        holders.customer_id as current_customer_id,
        retired.valid_from,
        retired.retired_at
    from retired
    inner join crosswalk as holders
        on
            retired.customer_id = holders.record_key
            and holders.is_current

)

select * from final
