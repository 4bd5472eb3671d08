{%- set features = var('repurchase_features').values() | sum(start=[]) -%}

with

spine as (

    select
        customer_id,
        event_at
    from {{ ref('feat_customer__rfm') }}
    {%- if is_incremental() %}
    where event_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

features as (

    {{ millwright.point_in_time_join(
        'spine', entity_key='customer_id', as_of='event_at', feature_groups=var('repurchase_features')
    ) }}

),

versions as (

    select * from {{ ref('pred_repurchase__versions') }}

),

splits as (

    select * from {{ ref('train_repurchase__splits') }}

),

-- One row per version, its fitted values side by side, so that scoring is one join.
fitted as (

    select
        model_version,
        {%- for feature in features %}
        max(case when feature = '{{ feature }}' and parameter = 'coefficient' then value end) as {{ feature }}_coefficient,
        max(case when feature = '{{ feature }}' and parameter = 'mean' then value end) as {{ feature }}_mean,
        max(case when feature = '{{ feature }}' and parameter = 'scale' then value end) as {{ feature }}_scale{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('pred_repurchase__parameters') }}
    group by model_version

),

-- The version in force at a snapshot is the newest one trained by then.
versions_in_force as (

    select
        snapshots.snapshot_at,
        max(versions.event_at) as trained_at
    from {{ ref('int_snapshots') }} as snapshots
    inner join versions
        on snapshots.snapshot_at >= versions.event_at
    group by snapshots.snapshot_at

),

log_odds as (

    select
        features.customer_id,
        features.event_at,
        versions.model_name,
        versions.model_version,
        versions.decision_threshold,
        versions.intercept
        {%- for feature in features %}
        + fitted.{{ feature }}_coefficient * (features.{{ feature }} - fitted.{{ feature }}_mean) / fitted.{{ feature }}_scale
        {%- endfor %} as log_odds
    from features
    inner join versions_in_force
        on features.event_at = versions_in_force.snapshot_at
    inner join versions
        on versions_in_force.trained_at = versions.event_at
    inner join fitted
        on versions.model_version = fitted.model_version

),

-- Beyond 700 the probability is 0 or 1 to the last digit, and PostgreSQL makes exp() an error.
scored as (

    select
        log_odds.*,
        1 / (1 + exp(-least(greatest(log_odds, -700), 700))) as score
    from log_odds

),

final as (

    select
        md5(
            scored.model_name || ':' || scored.model_version || ':' || scored.customer_id
            || ':' || cast(cast(scored.event_at as date) as {{ dbt.type_string() }})
        ) as prediction_id,
        scored.model_name,
        scored.model_version,
        scored.customer_id as entity_id,
        scored.event_at,
        scored.event_at as known_at,
        scored.score,
        case when scored.score >= scored.decision_threshold then 'repurchase' else 'no_repurchase' end as predicted_class,
        splits.data_split
    from scored
    left join splits
        on scored.customer_id = splits.customer_id

)

select * from final
