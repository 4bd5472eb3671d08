with

grains as (

    select * from {{ millwright.evaluated_grains() }}

),

outcomes as (

    select
        predictions.model_name,
        predictions.model_version,
        grains.grain,
        count(*) as n
    from {{ ref('eval_predictions') }} as predictions
    cross join grains
    where
        predictions.actual_class is not null
        and predictions.predicted_class is not null
    group by
        predictions.model_name,
        predictions.model_version,
        grains.grain

),

cells as (

    select
        model_name,
        model_version,
        grain,
        sum(n) as n
    from {{ ref('eval_confusion_cells') }}
    where
        segment = 'all'
        and label_name is null
    group by
        model_name,
        model_version,
        grain

)

select
    outcomes.model_name,
    outcomes.model_version,
    outcomes.grain,
    outcomes.n as n_outcomes,
    cells.n as n_in_cells
from outcomes
full outer join cells
    on
        outcomes.model_name = cells.model_name
        and outcomes.model_version = cells.model_version
        and outcomes.grain = cells.grain
where coalesce(outcomes.n, 0) <> coalesce(cells.n, 0)
