with

source as (

    select * from {{ source('marketing', 'contacts') }}
    where loaded_at <= {{ millwright.as_of() }}

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
            'contact_id is missing': "coalesce(trim(contact_id), '') = ''",
            'email is missing': "coalesce(trim(email), '') = ''",
            'email has no @': "trim(email) <> '' and email not like '%@%'",
            'modified_at is not an ISO timestamp (YYYY-MM-DD HH:MM:SS)': 'modified_at_parsed is null',
            'newsletter is neither y nor n': "coalesce(lower(trim(newsletter)), '') not in ('y', 'n')",
        }) }} as rejection_reason
    from typed

)

select * from final
