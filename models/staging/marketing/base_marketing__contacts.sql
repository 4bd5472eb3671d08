{{- millwright.count_first('stg_marketing__contacts_changes') -}}

with

source as (

    select * from {{ source('marketing', 'contacts') }}
    where loaded_at <= {{ millwright.as_of() }} or loaded_at is null

),

typed as (

    select
        source.*,
        {{ millwright.parse_timestamp('modified_at') }} as modified_at_parsed
    from source

),

final as (

    select
        typed.*,
        {{ millwright.rejection_reason({
            'loaded_at is missing': 'loaded_at is null',
            'contact_id is missing': "coalesce(trim(both ' ' from contact_id), '') = ''",
            'email is missing': "coalesce(trim(both ' ' from email), '') = ''",
            'email has no @': "trim(both ' ' from email) <> '' and email not like '%@%'",
            'modified_at is not an ISO timestamp (YYYY-MM-DD HH:MM:SS)': 'modified_at_parsed is null',
            'newsletter is neither y nor n': "coalesce(lower(trim(both ' ' from newsletter)), '') not in ('y', 'n')",
        }) }} as rejection_reason
    from typed

)

select * from final
