with

revisions as (

    select * from {{ source('ops', 'model_version_revisions') }}
    where known_at <= {{ millwright.as_of() }}

),

final as (

    {{ millwright.version_bans('revisions') }}

)

select * from final
