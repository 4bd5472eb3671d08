{%- set features = var('example_features').values() | sum(start=[]) -%}
{%- set tiers = var('value_tiers') -%}
{%- set predictors = tiers | join('_predictor, ') ~ '_predictor' -%}
{%- set weights = tiers | join('_weight + ') ~ '_weight' -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

versions as (

    select * from {{ ref('train_customer__versions_in_force') }}
    where model_name = 'value_tier'

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

fitted as (

    {{ millwright.fitted_linear(ref('pred_value_tier__parameters'), features, outputs=tiers) }}

),

predictors as (

    select
        versions.model_name,
        versions.model_version,
        examples.customer_id,
        examples.snapshot_at,
        {%- for tier in tiers %}
        {{ millwright.linear_predictor(features, tier) }} as {{ tier }}_predictor{% if not loop.last %},{% endif %}
        {%- endfor %}
    from examples
    inner join versions
        on
            examples.snapshot_at = versions.snapshot_at
            and {{ millwright.is_served_by('examples.customer_id') | indent(12) }}
    inner join fitted
        on versions.model_version = fitted.model_version

),

-- The largest predictor is taken off all of them, so that none grows beyond what exp() can hold.
weighted as (

    select
        *,
        {%- for tier in tiers %}
        exp(greatest({{ tier }}_predictor - greatest({{ predictors }}), -700)) as {{ tier }}_weight{% if not loop.last %},{% endif %}
        {%- endfor %}
    from predictors

),

summed as (

    select
        *,
        {{ weights }} as weight
    from weighted

),

final as (

    select
        summed.model_name,
        summed.model_version,
        summed.customer_id as entity_id,
        summed.snapshot_at as event_at,
        splits.data_split,
        {%- for tier in tiers %}
        summed.{{ tier }}_weight / summed.weight as {{ tier }}_score,
        {%- endfor %}
        case
            {%- for tier in tiers %}
            when summed.{{ tier }}_weight = 1 then '{{ tier }}'
            {%- endfor %}
        end as predicted_class
    from summed
    left join splits
        on summed.customer_id = splits.customer_id

)

select * from final
