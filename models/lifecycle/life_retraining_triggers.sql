with

policies as (

    select * from {{ ref('retraining_policies') }}

),

serving as (

    select
        traffic.project_name,
        traffic.model_name,
        traffic.model_version,
        min(versions.deployed_at) as deployed_at
    from {{ ref('life_traffic') }} as traffic
    inner join {{ ref('life_versions') }} as versions
        on
            traffic.model_name = versions.model_name
            and traffic.model_version = versions.model_version
    where traffic.is_live
    group by
        traffic.project_name,
        traffic.model_name,
        traffic.model_version

),

-- A version that nobody asked is not helped by training.
health as (

    select * from {{ ref('life_model_health') }}
    where has_traffic

),

matching as (

    select
        serving.*,
        policies.trigger_type,
        policies.model_name as of_models,
        policies.measure,
        policies.limit_kind,
        policies.limit_value,
        policies.window_days,
        policies.severity,
        policies.queues_job,
        policies.deploys_canary,
        policies.is_active
    from serving
    inner join policies
        on policies.model_name in ('*', serving.model_name)

),

-- A model's own policy goes before the one for all, if only to turn it off.
due as (

    {{ millwright.deduplicate(
        'matching',
        partition_by=['model_name', 'model_version', 'trigger_type'],
        order_by=["case when of_models = '*' then 1 else 0 end"]
    ) }}

),

observed as (

    select
        due.model_name,
        due.model_version,
        due.trigger_type,
        health.evaluated_on,
        case due.measure
            when 'accuracy_rate' then health.accuracy_rate
            when 'drift_psi' then health.drift_psi
            when 'health_score' then health.health_score
        end as value
    from due
    inner join health
        on
            due.model_name = health.model_name
            and due.model_version = health.model_version
    where
        due.measure <> 'deployed_days'
        and health.evaluated_on <= cast({{ millwright.as_of() }} as date)
        and health.evaluated_on > cast({{ millwright.as_of() }} as date) - due.window_days * interval '1' day

    union all

    select
        due.model_name,
        due.model_version,
        due.trigger_type,
        cast(null as date) as evaluated_on,
        extract(epoch from {{ millwright.as_of() }} - due.deployed_at) / 86400 as value
    from due
    where due.measure = 'deployed_days'

),

averaged as (

    select
        model_name,
        model_version,
        trigger_type,
        count(case when evaluated_on is not null then value end) as n_days,
        -- Rounded, since a mean on its limit must not hang on its last digit.
        cast(cast(avg(value) as decimal(18, 6)) as {{ millwright.sql_type('float8') }}) as value
    from observed
    group by
        model_name,
        model_version,
        trigger_type

),

final as (

    select
        due.project_name,
        due.model_name,
        due.model_version,
        due.trigger_type,
        due.measure,
        averaged.value,
        due.limit_kind,
        due.limit_value,
        due.window_days,
        averaged.n_days,
        due.severity,
        case due.severity
            when 'high' then 'immediate_retrain'
            when 'medium' then 'schedule_retrain'
            else 'monitor'
        end as recommendation,
        due.queues_job,
        due.deploys_canary,
        due.deployed_at
    from due
    inner join averaged
        on
            due.model_name = averaged.model_name
            and due.model_version = averaged.model_version
            and due.trigger_type = averaged.trigger_type
    where
        due.is_active
        and (
            (due.limit_kind = 'min' and averaged.value < due.limit_value)
            or (due.limit_kind = 'max' and averaged.value > due.limit_value)
        )

)

select * from final
