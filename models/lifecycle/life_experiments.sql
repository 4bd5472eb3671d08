with

revisions as (

    select * from {{ ref('stg_ops__model_experiments') }}

),

newest as (

    {{ millwright.deduplicate('revisions', partition_by=['project_name', 'experiment_name'], order_by=['revision desc']) }}

),

ways as (

    select
        project_name,
        experiment_name,
        min(event_at) as created_at,
        min(case when status = 'running' then event_at end) as started_at,
        min(case when status in ('completed', 'failed', 'cancelled') then event_at end) as ended_at
    from revisions
    group by
        project_name,
        experiment_name

),

final as (

    select
        newest.project_name,
        newest.experiment_name,
        newest.status,
        newest.description,
        coalesce(newest.is_baseline, false) as is_baseline,
        newest.algorithm,
        newest.hyperparameters,
        newest.recipe_hash,
        newest.code_version,
        newest.random_seed,
        newest.metrics,
        newest.training_cost,
        ways.created_at,
        ways.started_at,
        ways.ended_at,
        newest.revision,
        newest.event_at as changed_at,
        newest.actor as changed_by,
        newest.reason
    from newest
    inner join ways
        on
            newest.project_name = ways.project_name
            and newest.experiment_name = ways.experiment_name

)

select * from final
