with

projects as (

    select * from {{ ref('life_projects') }}

),

-- Everything is counted by project before it is joined: a project has many experiments, a version many hours.
experiments as (

    select
        project_name,
        count(*) as n_experiments,
        sum(training_cost) as experiment_cost
    from {{ ref('life_experiments') }}
    where status <> 'queued'
    group by project_name

),

jobs as (

    select
        project_name,
        count(*) as n_retraining_jobs,
        sum(training_cost) as retraining_cost
    from {{ ref('life_retraining_jobs') }}
    where started_at is not null
    group by project_name

),

predictions as (

    select
        model_name,
        model_version,
        sum(n_predictions) as n_predictions
    from {{ ref('mon_prediction_hours') }}
    group by
        model_name,
        model_version

),

versions as (

    select
        versions.project_name,
        count(*) as n_versions,
        sum(predictions.n_predictions) as n_predictions
    from {{ ref('life_versions') }} as versions
    left join predictions
        on
            versions.model_name = predictions.model_name
            and versions.model_version = predictions.model_version
    where versions.project_name is not null
    group by versions.project_name

),

final as (

    select
        projects.project_name,
        projects.domain,
        projects.status,
        projects.allocated_budget,
        projects.spent_budget,
        projects.allocated_budget - projects.spent_budget as remaining_budget,
        projects.spent_rate,
        projects.spent_budget > projects.allocated_budget as is_over_budget,
        coalesce(experiments.n_experiments, 0) as n_experiments,
        experiments.experiment_cost,
        coalesce(jobs.n_retraining_jobs, 0) as n_retraining_jobs,
        jobs.retraining_cost,
        coalesce(versions.n_versions, 0) as n_versions,
        cast(coalesce(versions.n_predictions, 0) as bigint) as n_predictions,
        {{ millwright.safe_divide('1000 * projects.spent_budget', 'versions.n_predictions') }} as cost_per_1000_predictions
    from projects
    left join experiments
        on projects.project_name = experiments.project_name
    left join jobs
        on projects.project_name = jobs.project_name
    left join versions
        on projects.project_name = versions.project_name

)

select * from final
