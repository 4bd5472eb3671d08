with

revisions as (

    select * from {{ ref('stg_ops__model_projects') }}

),

newest as (

    {{ millwright.deduplicate('revisions', partition_by=['project_name'], order_by=['revision desc']) }}

),

ways as (

    select
        project_name,
        min(event_at) as created_at,
        min(case when status = 'deployed' then event_at end) as deployed_at,
        min(case when status = 'retired' then event_at end) as retired_at
    from revisions
    group by project_name

),

experiments as (

    select
        project_name,
        count(distinct experiment_name) as n_experiments
    from {{ ref('stg_ops__model_experiments') }}
    group by project_name

),

versions as (

    select
        project_name,
        count(distinct concat_ws(' ', model_name, model_version)) as n_versions
    from {{ ref('stg_ops__model_version_revisions') }}
    group by project_name

),

final as (

    select
        newest.project_name,
        newest.status,
        newest.description,
        newest.domain,
        newest.project_type,
        newest.business_objective,
        newest.success_criteria,
        newest.priority_level,
        newest.project_owner,
        newest.privacy_level,
        newest.target_on,
        newest.allocated_budget,
        newest.spent_budget,
        {{ millwright.safe_divide('newest.spent_budget', 'newest.allocated_budget') }} as spent_rate,
        ways.created_at,
        ways.deployed_at,
        ways.retired_at,
        coalesce(experiments.n_experiments, 0) as n_experiments,
        coalesce(versions.n_versions, 0) as n_versions,
        newest.revision,
        newest.event_at as changed_at,
        newest.actor as changed_by
    from newest
    inner join ways
        on newest.project_name = ways.project_name
    left join experiments
        on newest.project_name = experiments.project_name
    left join versions
        on newest.project_name = versions.project_name

)

select * from final
