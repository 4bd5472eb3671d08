{{- millwright.count_first('stg_erp__customers_changes') -}}

with

source as (

    select * from {{ source('erp', 'customers') }}
    where loaded_at <= {{ millwright.as_of() }} or loaded_at is null

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
            'loaded_at is missing': 'loaded_at is null',
            'customer_no is missing': "coalesce(trim(both ' ' from customer_no), '') = ''",
            'changed_on is not an ISO date (YYYY-MM-DD)': 'changed_on_parsed is null',
            'email has no @': "trim(both ' ' from email) <> '' and email not like '%@%'",
        }) }} as rejection_reason
    from typed

)

select * from final
