with

recipes as (

    select * from {{ source('ops', 'training_recipes') }}
    where known_at <= {{ millwright.as_of() }}

),

final as (

    {{ millwright.deduplicate(
        'recipes',
        partition_by=['model_name', 'model_version'],
        order_by=['known_at', millwright.bytewise('recipe_hash')]
    ) }}

)

select
    model_name,
    model_version,
    recipe_hash,
    recipe,
    n_rows,
    rows_hash,
    event_at,
    known_at,
    run_id
from final
