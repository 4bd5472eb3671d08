with

source as (

    select * from {{ source('ops', 'predictions') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

revisions as (

    select * from {{ source('ops', 'model_version_revisions') }}
    where known_at <= {{ millwright.as_of() }}

),

final as (

    {{ millwright.checked_predictions(
        'source', ref('stg_ops__model_versions'), ref('stg_ops__model_features'), 'revisions', ref('model_tasks'), ref('label_aliases')
    ) }}

)

select * from final
