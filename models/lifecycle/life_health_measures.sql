{%- set max_age = "interval '" ~ var('health_max_age_days') ~ "' day" -%}
{%- set window = "interval '" ~ var('health_window_hours') ~ "' hour" -%}

with

serving as (

    select distinct
        project_name,
        model_name,
        model_version
    from {{ ref('life_traffic') }}
    where is_live

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

-- What was asked for in vain counts, too: predictions that were rejected, and errors that were logged instead of one.
hours as (

    select
        *,
        n_validation_failures + n_logged_errors as n_failed
    from {{ ref('mon_prediction_hours') }}

),

recent as (

    select
        hours.*,
        max(hours.hour_starts_at) over (partition by hours.model_name, hours.model_version) as last_hour_at
    from hours
    inner join serving
        on
            hours.model_name = serving.model_name
            and hours.model_version = serving.model_version
    where
        hours.hour_starts_at <= {{ millwright.as_of() }}
        and hours.hour_starts_at > {{ millwright.as_of() }} - {{ max_age }}
        and hours.n_predictions + hours.n_failed > 0

),

traffic as (

    select
        model_name,
        model_version,
        min(last_hour_at) + interval '1' hour as window_ends_at,
        sum(n_predictions) as n_predictions,
        sum(n_failed) as n_failed,
        sum(n_latencies) as n_latencies,
        sum(total_latency_ms) as total_latency_ms
    from recent
    where hour_starts_at > last_hour_at - {{ window }}
    group by
        model_name,
        model_version

),

regressions as (

    select
        model_name,
        model_version,
        hour_starts_at,
        sum(n) as n,
        sum(sum_absolute_error) as total_error,
        sum(sum_absolute_actual) as total_actual
    from {{ ref('eval_regression_partials') }}
    group by
        model_name,
        model_version,
        hour_starts_at

),

-- Outcomes come late, and some classes earlier than others: an hour is judged when all of its outcomes are due.
due as (

    select
        hours.model_name,
        hours.model_version,
        hours.hour_starts_at,
        hours.n_judged + coalesce(regressions.n, 0) as n_judged,
        hours.n_right,
        regressions.total_error,
        regressions.total_actual,
        max(hours.hour_starts_at) over (partition by hours.model_name, hours.model_version) as last_hour_at
    from hours
    inner join serving
        on
            hours.model_name = serving.model_name
            and hours.model_version = serving.model_version
    left join tasks
        on hours.model_name = tasks.model_name
    left join regressions
        on
            hours.model_name = regressions.model_name
            and hours.model_version = regressions.model_version
            and hours.hour_starts_at = regressions.hour_starts_at
    where
        hours.n_judged + coalesce(regressions.n, 0) > 0
        and hours.last_event_at + coalesce(tasks.label_delay_days, 0) * interval '1' day <= {{ millwright.as_of() }}
        and hours.hour_starts_at > {{ millwright.as_of() }} - {{ max_age }} - coalesce(tasks.label_delay_days, 0) * interval '1' day

),

judged as (

    select
        model_name,
        model_version,
        sum(n_judged) as n_judged,
        coalesce(
            1 - {{ millwright.safe_divide('sum(total_error)', 'sum(total_actual)') }},
            {{ millwright.safe_divide('sum(n_right)', 'sum(n_judged)') }}
        ) as accuracy_rate
    from due
    where hour_starts_at > last_hour_at - {{ window }}
    group by
        model_name,
        model_version

),

-- How far what it sees now is from what the version itself was fitted on.
distances as (

    select
        drift.model_name,
        drift.model_version,
        drift.period_start_at,
        drift.psi,
        max(drift.period_start_at) over (partition by drift.model_name, drift.model_version) as last_period_start_at
    from {{ ref('mon_drift') }} as drift
    where
        drift.model_version = drift.reference_version
        and drift.grain = 'week'
        and drift.verdict <> 'insufficient_sample'
        and drift.psi is not null
        and drift.period_start_at <= {{ millwright.as_of() }}

),

drifted as (

    select
        model_name,
        model_version,
        max(psi) as drift_psi
    from distances
    where period_start_at = last_period_start_at
    group by
        model_name,
        model_version

),

-- What the rules opened themselves tells of the same figures: a bad score does not make itself worse.
incidents as (

    select
        serving.model_name,
        serving.model_version,
        count(*) as n_severe_incidents
    from serving
    inner join {{ ref('life_incidents') }} as incidents
        on
            serving.project_name = incidents.project_name
            and serving.model_name = coalesce(incidents.model_name, serving.model_name)
    where
        incidents.status in ('open', 'investigating')
        and incidents.severity in ('high', 'critical')
        and coalesce(incidents.incident_key, '') not like 'health:%'
        and (
            incidents.affected_versions is null
            or {{ millwright.json_contains('incidents.affected_versions', 'serving.model_version') }}
        )
    group by
        serving.model_name,
        serving.model_version

),

final as (

    select
        serving.project_name,
        serving.model_name,
        serving.model_version,
        traffic.window_ends_at - {{ window }} as window_starts_at,
        traffic.window_ends_at,
        cast(coalesce(traffic.n_predictions, 0) as bigint) as n_predictions,
        cast(coalesce(traffic.n_failed, 0) as bigint) as n_failed,
        {{ millwright.safe_divide('traffic.n_failed', 'traffic.n_failed + traffic.n_predictions') }} as error_rate,
        cast(coalesce(traffic.n_latencies, 0) as bigint) as n_latencies,
        {{ millwright.safe_divide('traffic.total_latency_ms', 'traffic.n_latencies') }} as latency_mean_ms,
        cast(coalesce(judged.n_judged, 0) as bigint) as n_judged,
        judged.accuracy_rate,
        drifted.drift_psi,
        coalesce(incidents.n_severe_incidents, 0) as n_severe_incidents
    from serving
    left join traffic
        on
            serving.model_name = traffic.model_name
            and serving.model_version = traffic.model_version
    left join judged
        on
            serving.model_name = judged.model_name
            and serving.model_version = judged.model_version
    left join drifted
        on
            serving.model_name = drifted.model_name
            and serving.model_version = drifted.model_version
    left join incidents
        on
            serving.model_name = incidents.model_name
            and serving.model_version = incidents.model_version

)

select * from final
