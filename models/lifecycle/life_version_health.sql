{%- set measures = {'latency': 'latency_mean_ms', 'accuracy': 'accuracy_rate', 'errors': 'error_rate', 'drift': 'drift_psi'} -%}

with

versions as (

    select
        *,
        n_predictions + n_failed > 0 as has_traffic
    from {{ ref('life_health_measures') }}

),

measured as (
    {%- for component, measure in measures.items() %}

    select
        model_name,
        model_version,
        '{{ component }}' as component,
        {{ measure }} as value
    from versions
    where has_traffic
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

candidates as (

    select
        measured.*,
        limits.model_name as of_models,
        limits.points as max_points,
        limits.best_value,
        limits.worst_value,
        limits.limit_kind,
        limits.limit_value,
        limits.priority,
        limits.recommendation
    from measured
    inner join {{ ref('model_health_limits') }} as limits
        on
            measured.component = limits.component
            and limits.model_name in ('*', measured.model_name)

),

-- A model's own limits go before those for all.
limited as (

    {{ millwright.deduplicate(
        'candidates',
        partition_by=['model_name', 'model_version', 'component'],
        order_by=["case when of_models = '*' then 1 else 0 end"]
    ) }}

),

rated as (

    select
        model_name,
        model_version,
        component,
        max_points,
        -- What is not known says nothing: it is neither good nor bad.
        case
            when value is not null
                then max_points * greatest(0, least(1, (value - worst_value) / (best_value - worst_value)))
        end as points,
        case
            when (limit_kind = 'max' and value > limit_value) or (limit_kind = 'min' and value < limit_value)
                then {{ millwright.json_object(['component', 'priority', 'recommendation']) }}
        end as advice
    from limited

),

scored as (

    select
        model_name,
        model_version,
        sum(points) as points,
        sum(max_points) as max_points,
        sum(case when points is not null then max_points end) as known_points,
        {%- for component in measures %}
        max(case when component = '{{ component }}' then points end) as {{ component }}_points,
        {%- endfor %}
        string_agg(advice, ',' order by component) as advices
    from rated
    group by
        model_name,
        model_version

),

weighed as (

    select
        versions.*,
        {%- for component in measures %}
        scored.{{ component }}_points,
        {%- endfor %}
        {{ millwright.safe_divide('scored.known_points', 'scored.max_points') }} as known_rate,
        scored.advices,
        case
            when versions.has_traffic then 100 * {{ millwright.safe_divide('scored.points', 'scored.known_points') }}
            else {{ var('health_without_traffic') }}
        end as base_score
    from versions
    left join scored
        on
            versions.model_name = scored.model_name
            and versions.model_version = scored.model_version

),

-- Without the last digits of its sums, which engines do not agree on and limits would hang on.
rounded as (

    select
        *,
        case
            when base_score is not null then cast(
                cast(greatest(0, base_score - {{ var('health_points_per_incident') }} * n_severe_incidents) as decimal(9, 6))
                as {{ millwright.sql_type('float8') }}
            )
        end as health_score
    from weighed

),

final as (

    select
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
        {%- for component in measures %}
        {{ component }}_points,
        {%- endfor %}
        known_rate,
        n_severe_incidents,
        health_score,
        {{ millwright.health_status('health_score') }} as health_status,
        concat('[', advices, ']') as recommendations
    from rounded

)

select * from final
