with

source as (

    select * from {{ source('erp', 'customers') }}
    where loaded_at <= {{ millwright.as_of() }}

),

typed as (

    select
        source.*,
        {{ millwright.parse_date('changed_on') }} as changed_on_parsed
    from source

),

final as (

    select
        typed.*,
        {{ millwright.rejection_reason({
            'customer_no is missing': "coalesce(trim(customer_no), '') = ''",
            'changed_on is not an ISO date (YYYY-MM-DD)': 'changed_on_parsed is null',
            'email has no @': "trim(email) <> '' and email not like '%@%'",
        }) }} as rejection_reason
    from typed

)

select * from final
