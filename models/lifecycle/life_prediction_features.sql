{%- set groups = millwright.feature_groups(var('feature_groups')) -%}
{%- set keys = ['prediction_id', 'model_name', 'model_version', 'event_at'] -%}
{{ millwright.depends_on_feature_groups() }}

with

predictions as {{ millwright.not_materialized() }} (

    select * from {{ ref('eval_predictions') }}

),

deliveries as {{ millwright.not_materialized() }} (

    select * from {{ ref('stg_ops__predictions') }}

),

features as {{ millwright.not_materialized() }} (

    select * from {{ ref('stg_ops__model_features') }}

),

landed as {{ millwright.not_materialized() }} (

    select * from {{ ref('stg_ops__feature_values') }}

),

-- Vectors of the entity that were true and known by then. Joins and windows by the prediction's own keys let a filter on it pass.
vectors as (
    {%- for group in groups %}

    select
        {% for key in keys -%}
        predictions.{{ key }},
        {% endfor -%}
        '{{ group.name }}' as feature_group,
        {{ millwright.feature_vector(
            millwright.column_kinds(group.relation) | rejectattr('name', 'in', [group.entity_key, 'event_at', 'known_at']) | list, 'held'
        ) }} as feature_values,
        held.event_at as computed_at,
        held.known_at as computed_known_at
    from predictions
    inner join {{ group.relation }} as held
        on
            predictions.entity_id = held.{{ group.entity_key }}
            and predictions.event_at >= held.event_at
            and predictions.known_at >= held.known_at

    union all
    {%- endfor %}

    select
        {% for key in keys -%}
        predictions.{{ key }},
        {% endfor -%}
        landed.feature_group,
        landed.feature_values,
        landed.event_at as computed_at,
        landed.known_at as computed_known_at
    from predictions
    inner join landed
        on
            predictions.entity_id = landed.entity_id
            and predictions.event_at >= landed.event_at
            and predictions.known_at >= landed.known_at

),

newest as (

    {{ millwright.deduplicate(
        'vectors',
        partition_by=keys + ['feature_group'],
        order_by=['computed_at desc', 'computed_known_at desc', millwright.bytewise('feature_values')],
        null_keys='grouped'
    ) }}

),

stored as (

    select
        {% for key in keys -%}
        newest.{{ key }},
        {% endfor -%}
        features.feature,
        features.feature_group,
        features.feature_order,
        cast(null as {{ dbt.type_string() }}) as logged_value,
        {{ millwright.json_value_at('newest.feature_values', 'features.feature') }} as stored_value,
        newest.computed_at
    from newest
    inner join features
        on
            newest.model_name = features.model_name
            and newest.model_version = features.model_version
            and newest.feature_group = features.feature_group

),

logged as (

    select
        {% for key in keys -%}
        predictions.{{ key }},
        {% endfor -%}
        features.feature,
        features.feature_group,
        features.feature_order,
        {{ millwright.json_value_at('deliveries.input_features', 'features.feature') }} as logged_value,
        cast(null as {{ dbt.type_string() }}) as stored_value,
        cast(null as timestamp) as computed_at
    from predictions
    inner join features
        on
            predictions.model_name = features.model_name
            and predictions.model_version = features.model_version
    left join deliveries
        on
            predictions.prediction_id = deliveries.prediction_id
            and predictions.model_name = deliveries.model_name
            and predictions.model_version = deliveries.model_version
            and predictions.event_at = deliveries.event_at
            and predictions.feature_hash = deliveries.feature_hash

),

parts as (

    select * from stored
    union all
    select * from logged

),

-- A repeated delivery says the same, or it would have another hash.
final as (

    select
        {{ keys | join(',\n        ') }},
        feature,
        max(feature_group) as feature_group,
        min(feature_order) as feature_order,
        max(logged_value) as logged_value,
        max(stored_value) as stored_value,
        max(computed_at) as computed_at
    from parts
    group by
        {{ keys | join(',\n        ') }},
        feature

)

select * from final
