with

source as (

    select * from {{ source('ops', 'outcomes') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'outcome_id is missing': "coalesce(outcome_id, '') = ''",
            'model_name is missing': "coalesce(model_name, '') = ''",
            'prediction_id is missing': "coalesce(prediction_id, '') = ''",
            'actual_class is missing': 'actual_class is null',
            'event_at is missing': 'event_at is null',
            'known_at is missing': 'known_at is null',
            'event_at is after known_at': 'event_at > known_at',
        }) }} as rejection_reason
    from source

)

select * from final
