{%- set text = dbt.type_string() -%}
{%- set float8 = millwright.sql_type('float8') -%}
{%- set labels = var('task_labels')['active_months'] -%}

with

scores as (
    {%- for relation in ['pred_repurchase__scores', 'pred_repurchase__challenger_scores', 'pred_repurchase__pinned_scores'] %}

    select
        scores.model_name,
        scores.model_version,
        scores.entity_id,
        scores.event_at,
        scores.data_split,
        scores.score,
        scores.predicted_class,
        cast(null as {{ text }}) as predicted_labels,
        cast(null as {{ float8 }}) as predicted_value,
        cast(null as {{ text }}) as class_scores
    from {{ ref(relation) }} as scores

    union all
    {%- endfor %}
    {%- for relation in ['pred_value_tier__scores', 'pred_value_tier__challenger_scores'] %}

    select
        scores.model_name,
        scores.model_version,
        scores.entity_id,
        scores.event_at,
        scores.data_split,
        cast(null as {{ float8 }}) as score,
        scores.predicted_class,
        cast(null as {{ text }}) as predicted_labels,
        cast(null as {{ float8 }}) as predicted_value,
        {{ millwright.json_of_scores('scores', var('value_tiers')) }} as class_scores
    from {{ ref(relation) }} as scores

    union all
    {%- endfor %}

    select
        scores.model_name,
        scores.model_version,
        scores.entity_id,
        scores.event_at,
        scores.data_split,
        cast(null as {{ float8 }}) as score,
        cast(null as {{ text }}) as predicted_class,
        {{ millwright.json_of_labels('scores', labels) }} as predicted_labels,
        cast(null as {{ float8 }}) as predicted_value,
        {{ millwright.json_of_scores('scores', labels) }} as class_scores
    from {{ ref('pred_active_months__scores') }} as scores

    union all

    select
        scores.model_name,
        scores.model_version,
        scores.entity_id,
        scores.event_at,
        scores.data_split,
        cast(null as {{ float8 }}) as score,
        cast(null as {{ text }}) as predicted_class,
        cast(null as {{ text }}) as predicted_labels,
        scores.expected_amount as predicted_value,
        cast(null as {{ text }}) as class_scores
    from {{ ref('pred_spend__scores') }} as scores

),

final as (

    select
        md5(
            model_name || ':' || model_version || ':' || entity_id
            || ':' || cast(cast(event_at as date) as {{ text }})
        ) as prediction_id,
        model_name,
        model_version,
        entity_id,
        event_at,
        event_at as known_at,
        score,
        predicted_class,
        predicted_labels,
        predicted_value,
        class_scores,
        data_split,
        cast(null as {{ text }}) as segments
    from scores
    {%- if is_incremental() %}
    where event_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

)

select * from final
