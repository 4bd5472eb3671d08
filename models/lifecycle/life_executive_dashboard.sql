{%- set day_begins_at = millwright.as_of() ~ " - interval '24' hour" -%}

with

projects as (

    select * from {{ ref('life_projects') }}

),

-- Everything is counted by domain before it is joined: a version has many hours, a project many incidents.
projects_by_domain as (

    select
        domain,
        count(*) as n_projects,
        count(case when status = 'planning' then 1 end) as n_planning_projects,
        count(case when status = 'development' then 1 end) as n_development_projects,
        count(case when status = 'testing' then 1 end) as n_testing_projects,
        count(case when status = 'deployed' then 1 end) as n_deployed_projects,
        count(case when status = 'retired' then 1 end) as n_retired_projects,
        avg(extract(epoch from coalesce(deployed_at, retired_at, {{ millwright.as_of() }}) - created_at) / 86400) as mean_development_days,
        sum(allocated_budget) as allocated_budget,
        sum(spent_budget) as spent_budget
    from projects
    group by domain

),

serving as (

    select distinct
        project_name,
        model_name,
        model_version
    from {{ ref('life_traffic') }}
    where is_live

),

health as (

    {{ millwright.deduplicate(ref('life_model_health'), partition_by=['model_name', 'model_version'], order_by=['evaluated_on desc']) }}

),

health_by_domain as (

    select
        projects.domain,
        count(*) as n_serving_versions,
        avg(health.health_score) as mean_health_score
    from serving
    inner join projects
        on serving.project_name = projects.project_name
    left join health
        on
            serving.model_name = health.model_name
            and serving.model_version = health.model_version
    group by projects.domain

),

predictions_by_domain as (

    select
        projects.domain,
        cast(sum(hours.n_predictions) as bigint) as n_predictions_24h
    from {{ ref('mon_prediction_hours') }} as hours
    inner join {{ ref('life_versions') }} as versions
        on
            hours.model_name = versions.model_name
            and hours.model_version = versions.model_version
    inner join projects
        on versions.project_name = projects.project_name
    where
        hours.hour_starts_at > {{ day_begins_at }}
        and hours.hour_starts_at <= {{ millwright.as_of() }}
    group by projects.domain

),

incidents_by_domain as (

    select
        projects.domain,
        count(case when incidents.status in ('open', 'investigating') then 1 end) as n_open_incidents,
        count(
            case
                when incidents.severity in ('high', 'critical') and incidents.opened_at > {{ day_begins_at }}
                    then 1
            end
        ) as n_severe_incidents_24h
    from {{ ref('life_incidents') }} as incidents
    inner join projects
        on incidents.project_name = projects.project_name
    group by projects.domain

),

final as (

    select
        projects_by_domain.domain,
        projects_by_domain.n_projects,
        projects_by_domain.n_planning_projects,
        projects_by_domain.n_development_projects,
        projects_by_domain.n_testing_projects,
        projects_by_domain.n_deployed_projects,
        projects_by_domain.n_retired_projects,
        cast(projects_by_domain.mean_development_days as {{ millwright.sql_type('float8') }}) as mean_development_days,
        projects_by_domain.allocated_budget,
        projects_by_domain.spent_budget,
        {{ millwright.safe_divide('projects_by_domain.spent_budget', 'projects_by_domain.allocated_budget') }} as spent_rate,
        coalesce(health_by_domain.n_serving_versions, 0) as n_serving_versions,
        health_by_domain.mean_health_score,
        {{ millwright.health_status('health_by_domain.mean_health_score') }} as health_status,
        coalesce(predictions_by_domain.n_predictions_24h, 0) as n_predictions_24h,
        coalesce(incidents_by_domain.n_severe_incidents_24h, 0) as n_severe_incidents_24h,
        coalesce(incidents_by_domain.n_open_incidents, 0) as n_open_incidents,
        {{ millwright.safe_divide('coalesce(predictions_by_domain.n_predictions_24h, 0)', 'projects_by_domain.spent_budget') }}
            as predictions_per_budget
    from projects_by_domain
    left join health_by_domain
        on projects_by_domain.domain is not distinct from health_by_domain.domain
    left join predictions_by_domain
        on projects_by_domain.domain is not distinct from predictions_by_domain.domain
    left join incidents_by_domain
        on projects_by_domain.domain is not distinct from incidents_by_domain.domain

)

select * from final
