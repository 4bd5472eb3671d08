{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='evaluated_on',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}

with

health as (

    select * from {{ ref('life_version_health') }}

),

final as (

    select
        cast({{ millwright.as_of() }} as date) as evaluated_on,
        {{ millwright.as_of() }} as evaluated_at,
        project_name,
        model_name,
        model_version,
        window_starts_at,
        window_ends_at,
        has_traffic,
        n_predictions,
        n_failed,
        n_latencies,
        latency_mean_ms,
        n_judged,
        accuracy_rate,
        error_rate,
        drift_psi,
        latency_points,
        accuracy_points,
        errors_points,
        drift_points,
        known_rate,
        n_severe_incidents,
        health_score,
        health_status,
        recommendations,
        '{{ millwright.run_id() }}' as run_id
    from health

)

select * from final
