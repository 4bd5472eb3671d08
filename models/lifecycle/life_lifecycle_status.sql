with

projects as (

    select * from {{ ref('life_projects') }}

),

deployments as (

    select * from {{ ref('life_deployments') }}
    where is_live

),

health as (

    {{ millwright.deduplicate(ref('life_model_health'), partition_by=['model_name', 'model_version'], order_by=['evaluated_on desc']) }}

),

predictions as (

    select
        model_name,
        model_version,
        sum(n_predictions) as n_predictions_24h
    from {{ ref('mon_prediction_hours') }}
    where
        hour_starts_at > {{ millwright.as_of() }} - interval '24' hour
        and hour_starts_at <= {{ millwright.as_of() }}
    group by
        model_name,
        model_version

),

-- A row of each is a version; what was counted in more detail is counted already.
serving as (

    select
        traffic.project_name,
        traffic.environment,
        traffic.model_name,
        traffic.model_version,
        traffic.traffic_percent,
        predictions.n_predictions_24h,
        health.health_score,
        health.n_judged,
        health.accuracy_rate,
        health.n_latencies,
        health.latency_mean_ms,
        health.n_failed,
        health.n_predictions + health.n_failed as n_asked
    from {{ ref('life_traffic') }} as traffic
    left join health
        on
            traffic.model_name = health.model_name
            and traffic.model_version = health.model_version
    left join predictions
        on
            traffic.model_name = predictions.model_name
            and traffic.model_version = predictions.model_version
    where traffic.is_live

),

versions as (

    select
        project_name,
        environment,
        string_agg(
            concat(model_name, ' ', model_version, ' ', traffic_percent, '%'), ', '
            order by traffic_percent desc, {{ millwright.bytewise('model_name') }}, {{ millwright.bytewise('model_version') }}
        ) as current_versions,
        count(*) as n_serving_versions,
        {{ millwright.safe_divide(
            'sum(health_score * traffic_percent)', 'sum(case when health_score is not null then traffic_percent end)'
        ) }} as health_score,
        min(health_score) as lowest_health_score,
        coalesce(cast(sum(n_predictions_24h) as bigint), 0) as n_predictions_24h,
        {{ millwright.safe_divide(
            'sum(accuracy_rate * n_judged)', 'sum(case when accuracy_rate is not null then n_judged end)'
        ) }} as accuracy_rate,
        {{ millwright.safe_divide('sum(latency_mean_ms * n_latencies)', 'sum(n_latencies)') }} as latency_mean_ms,
        {{ millwright.safe_divide('sum(n_failed)', 'sum(n_asked)') }} as error_rate
    from serving
    group by
        project_name,
        environment

),

places as (

    select
        projects.*,
        deployments.environment,
        deployments.strategy as deployment_strategy,
        deployments.status as deployment_status,
        deployments.deployed_at as deployment_at
    from projects
    left join deployments
        on projects.project_name = deployments.project_name

),

-- What names no environment concerns all of them.
incidents as (

    select
        places.project_name,
        places.environment,
        count(*) as n_open_incidents,
        count(case when incidents.severity in ('high', 'critical') then 1 end) as n_severe_incidents
    from places
    inner join {{ ref('life_incidents') }} as incidents
        on
            places.project_name = incidents.project_name
            and coalesce(places.environment, incidents.environment, '') = coalesce(incidents.environment, places.environment, '')
    where incidents.status in ('open', 'investigating')
    group by
        places.project_name,
        places.environment

),

final as (

    select
        places.project_name,
        places.environment,
        places.domain,
        places.status as project_status,
        places.project_owner,
        versions.current_versions,
        coalesce(versions.n_serving_versions, 0) as n_serving_versions,
        places.deployment_strategy,
        places.deployment_status,
        versions.health_score,
        versions.lowest_health_score,
        {{ millwright.health_status('versions.health_score') }} as health_status,
        coalesce(versions.n_predictions_24h, 0) as n_predictions_24h,
        versions.accuracy_rate,
        versions.latency_mean_ms,
        versions.error_rate,
        coalesce(incidents.n_open_incidents, 0) as n_open_incidents,
        coalesce(incidents.n_severe_incidents, 0) as n_severe_incidents,
        places.created_at as started_at,
        places.target_on,
        places.deployment_at as deployed_at,
        cast(extract(epoch from {{ millwright.as_of() }} - places.deployment_at) / 86400 as {{ millwright.sql_type('float8') }})
            as days_since_deployment,
        case
            when places.status = 'deployed' and versions.lowest_health_score < 70 then 'needs_attention'
            when places.status = 'deployed' and incidents.n_severe_incidents > 0 then 'critical_issues'
            when places.status not in ('deployed', 'retired') and places.target_on < cast({{ millwright.as_of() }} as date) then 'overdue'
            else 'normal'
        end as flag
    from places
    left join versions
        on
            places.project_name = versions.project_name
            and places.environment = versions.environment
    left join incidents
        on
            places.project_name = incidents.project_name
            and coalesce(places.environment, '') = coalesce(incidents.environment, '')

)

select * from final
