with

source as (

    select * from {{ source('ops', 'predictions') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'prediction_id is missing': "coalesce(prediction_id, '') = ''",
            'model_name is missing': "coalesce(model_name, '') = ''",
            'model_version is missing': "coalesce(model_version, '') = ''",
            'entity_id is missing': "coalesce(entity_id, '') = ''",
            'event_at is missing': 'event_at is null',
            'known_at is missing': 'known_at is null',
            'event_at is after known_at': 'event_at > known_at',
            'predicted_class is missing': 'predicted_class is null',
            'score is outside 0 to 1': 'not (score >= 0 and score <= 1)',
        }) }} as rejection_reason
    from source

)

select * from final
