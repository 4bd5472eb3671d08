{%- set tiers = var('value_tiers') -%}
{%- set scores = tiers | join('_score, probabilities.') ~ '_score' -%}

with

probabilities as (

    select * from {{ ref('pred_value_tier__challenger_probabilities') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

final as (

    select
        probabilities.model_name,
        probabilities.model_version,
        probabilities.customer_id as entity_id,
        probabilities.snapshot_at as event_at,
        splits.data_split,
        {%- for tier in tiers %}
        probabilities.{{ tier }}_score,
        {%- endfor %}
        case
            {%- for tier in tiers %}
            when probabilities.{{ tier }}_score = greatest(probabilities.{{ scores }}) then '{{ tier }}'
            {%- endfor %}
        end as predicted_class
    from probabilities
    left join splits
        on probabilities.customer_id = splits.customer_id

)

select * from final
