with

source as (

    select * from {{ source('ops', 'prediction_errors') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

final as (

    select
        source.*,
        {{ millwright.prediction_error_problems() }} as rejection_reason
    from source

)

select * from final
