with

source as (

    select * from {{ source('ops', 'model_versions') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'model_name is missing': "coalesce(model_name, '') = ''",
            'model_version is missing': "coalesce(model_version, '') = ''",
            'event_at is missing': 'event_at is null',
            'known_at is missing': 'known_at is null',
            'event_at is after known_at': 'event_at > known_at',
            'decision_threshold is outside 0 to 1': 'not (decision_threshold >= 0 and decision_threshold <= 1)',
        }) }} as rejection_reason
    from source

)

select * from final
