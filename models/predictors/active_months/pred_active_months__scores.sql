{%- set features = var('example_features').values() | sum(start=[]) -%}
{%- set labels = var('task_labels')['active_months'] -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

versions as (

    select * from {{ ref('train_customer__versions_in_force') }}
    where model_name = 'active_months'

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

fitted as (

    {{ millwright.fitted_linear(ref('pred_active_months__parameters'), features, outputs=labels) }}

),

thresholds as (

    select
        model_version,
        {%- for label in labels %}
        max(case when output = '{{ label }}' then value end) as {{ label }}_threshold{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('pred_active_months__parameters') }}
    where parameter = 'decision_threshold'
    group by model_version

),

log_odds as (

    select
        versions.model_name,
        versions.model_version,
        examples.customer_id,
        examples.snapshot_at,
        {%- for label in labels %}
        {{ millwright.linear_predictor(features, label) }} as {{ label }}_log_odds{% if not loop.last %},{% endif %}
        {%- endfor %}
    from examples
    inner join versions
        on
            examples.snapshot_at = versions.snapshot_at
            and {{ millwright.is_served_by('examples.customer_id') | indent(12) }}
    inner join fitted
        on versions.model_version = fitted.model_version

),

scored as (

    select
        *,
        {%- for label in labels %}
        {{ millwright.logistic(label ~ '_log_odds') }} as {{ label }}_score{% if not loop.last %},{% endif %}
        {%- endfor %}
    from log_odds

),

final as (

    select
        scored.model_name,
        scored.model_version,
        scored.customer_id as entity_id,
        scored.snapshot_at as event_at,
        splits.data_split,
        {%- for label in labels %}
        scored.{{ label }}_score,
        scored.{{ label }}_score >= thresholds.{{ label }}_threshold as {{ label }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from scored
    inner join thresholds
        on scored.model_version = thresholds.model_version
    left join splits
        on scored.customer_id = splits.customer_id

)

select * from final
