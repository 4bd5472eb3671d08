with

source as (

    select * from {{ source('ops', 'model_versions') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

final as (

    select
        source.*,
        {{ millwright.model_version_problems() }} as rejection_reason
    from source

)

select * from final
