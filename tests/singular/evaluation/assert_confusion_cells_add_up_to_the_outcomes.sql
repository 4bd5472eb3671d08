with

cells as (

    select
        grain,
        sum(n) as n
    from {{ ref('eval_confusion_cells') }}
    where segment = 'all'
    group by grain

),

outcomes as (

    select count(*) as n
    from {{ ref('eval_predictions') }}
    where actual_class is not null

)

select
    cells.grain,
    cells.n,
    outcomes.n as n_outcomes
from cells
cross join outcomes
where cells.n <> outcomes.n
