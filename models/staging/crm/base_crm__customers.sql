{{- millwright.count_first('stg_crm__customers_changes') -}}

with

source as (

    select * from {{ source('crm', 'customers') }}
    where loaded_at <= {{ millwright.as_of() }} or loaded_at is null

),

typed as (

    select
        source.*,
        {{ millwright.parse_timestamp('updated_at') }} as updated_at_parsed,
        {{ millwright.parse_timestamp('deleted_at') }} as deleted_at_parsed,
        {{ millwright.parse_date('birth_on') }} as birth_on_parsed
    from source

),

final as (

    select
        typed.*,
        {{ millwright.rejection_reason({
            'loaded_at is missing': 'loaded_at is null',
            'crm_id is missing': "coalesce(trim(both ' ' from crm_id), '') = ''",
            'updated_at is not an ISO timestamp (YYYY-MM-DD HH:MM:SS)': 'updated_at_parsed is null',
            'deleted_at is not an ISO timestamp (YYYY-MM-DD HH:MM:SS)': "trim(both ' ' from deleted_at) <> '' and deleted_at_parsed is null",
            'birth_on is not an ISO date (YYYY-MM-DD)': "trim(both ' ' from birth_on) <> '' and birth_on_parsed is null",
            'email has no @': "trim(both ' ' from email) <> '' and email not like '%@%'",
        }) }} as rejection_reason
    from typed

)

select * from final
