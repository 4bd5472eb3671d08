{{- millwright.count_first('stg_support__tickets_changes') -}}

with

source as (

    select * from {{ source('support', 'tickets') }}
    where loaded_at <= {{ millwright.as_of() }} or loaded_at is null

),

typed as (

    select
        source.*,
        {{ millwright.parse_timestamp('opened_at') }} as opened_at_parsed,
        {{ millwright.parse_timestamp('closed_at') }} as closed_at_parsed,
        {{ millwright.parse_number('satisfaction', 'integer') }} as satisfaction_parsed
    from source

),

final as (

    select
        typed.*,
        {{ millwright.rejection_reason({
            'loaded_at is missing': 'loaded_at is null',
            'ticket_id is missing': "coalesce(trim(both ' ' from ticket_id), '') = ''",
            'opened_at is not an ISO timestamp (YYYY-MM-DD HH:MM:SS)': 'opened_at_parsed is null',
            'closed_at is not an ISO timestamp (YYYY-MM-DD HH:MM:SS)': "trim(both ' ' from closed_at) <> '' and closed_at_parsed is null",
            'closed_at is before opened_at': 'closed_at_parsed < opened_at_parsed',
            'priority is not low, normal or high': "coalesce(priority, '') not in ('low', 'normal', 'high')",
            'satisfaction is not 1 to 5': "trim(both ' ' from satisfaction) <> '' and coalesce(satisfaction_parsed, 0) not between 1 and 5",
        }) }} as rejection_reason
    from typed

)

select * from final
