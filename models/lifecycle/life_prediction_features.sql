{%- set groups = millwright.feature_groups(var('feature_groups')) -%}
{%- set keys = ['prediction_id', 'model_name', 'model_version', 'event_at'] -%}
{{ millwright.depends_on_feature_groups() }}

with

predictions as {{ millwright.not_materialized() }} (

    select * from {{ ref('eval_predictions') }}

),

deliveries as (

    select * from {{ ref('stg_ops__predictions') }}

),

features as (

    select * from {{ ref('stg_ops__model_features') }}

),

feature_values as (

    select * from {{ ref('stg_ops__feature_values') }}

),

quality as (

    select
        {{ keys | join(',\n        ') }},
        feature_group,
        count(*) as n_rules,
        count(case when verdict <> 'pass' then 1 end) as n_rules_not_passed,
        min(verdict_rank) as verdict_rank
    from {{ ref('life_prediction_quality') }}
    group by
        {{ keys | join(',\n        ') }},
        feature_group

),

-- A repeated delivery says the same, or it would have another hash.
logged as (

    select
        {% for key in keys -%}
        predictions.{{ key }},
        {% endfor -%}
        entries.key as feature,
        min(entries.value) as value
    from predictions
    inner join deliveries
        on
            predictions.prediction_id = deliveries.prediction_id
            and predictions.model_name = deliveries.model_name
            and predictions.model_version = deliveries.model_version
            and predictions.event_at = deliveries.event_at
            and predictions.feature_hash = deliveries.feature_hash
    cross join {{ millwright.json_entries('deliveries.input_features') }}
    group by
        {% for key in keys -%}
        predictions.{{ key }},
        {% endfor -%}
        entries.key

),

-- Vectors of the entity that were true and known by then.
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
        held.feature_group,
        held.feature_values,
        held.event_at as computed_at,
        held.known_at as computed_known_at
    from predictions
    inner join feature_values as held
        on
            predictions.entity_id = held.entity_id
            and predictions.event_at >= held.event_at
            and predictions.known_at >= held.known_at

),

newest as (

    {{ millwright.deduplicate(
        'vectors',
        partition_by=keys + ['feature_group'],
        order_by=['computed_at desc', 'computed_known_at desc', millwright.bytewise('feature_values')],
        null_keys='grouped'
    ) }}

),

-- What the version needs with what there was of it, and what came with the prediction.
parts as (

    select
        {% for key in keys -%}
        newest.{{ key }},
        {% endfor -%}
        features.feature,
        features.feature_group,
        features.feature_order,
        null as logged_value,
        {{ millwright.json_value_at('newest.feature_values', 'features.feature') }} as stored_value,
        newest.computed_at
    from newest
    inner join features
        on
            newest.model_name = features.model_name
            and newest.model_version = features.model_version
            and newest.feature_group = features.feature_group

    union all

    select
        {% for key in keys -%}
        predictions.{{ key }},
        {% endfor -%}
        features.feature,
        features.feature_group,
        features.feature_order,
        null as logged_value,
        null as stored_value,
        null as computed_at
    from predictions
    inner join features
        on
            predictions.model_name = features.model_name
            and predictions.model_version = features.model_version

    union all

    select
        {{ keys | join(',\n        ') }},
        feature,
        null as feature_group,
        null as feature_order,
        value as logged_value,
        null as stored_value,
        null as computed_at
    from logged

),

named as (

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

),

final as (

    select
        {% for key in keys -%}
        named.{{ key }},
        {% endfor -%}
        named.feature,
        named.feature_group,
        named.feature_order,
        named.logged_value,
        named.stored_value,
        named.computed_at,
        quality.n_rules,
        quality.n_rules_not_passed,
        case quality.verdict_rank
            when 1 then 'error'
            when 2 then 'fail'
            when 3 then 'warn'
            when 4 then 'insufficient'
            when 5 then 'pass'
        end as worst_verdict
    from named
    left join quality
        on
            {% for column in keys + ['feature_group'] -%}
            {{ 'and ' if not loop.first }}named.{{ column }} = quality.{{ column }}
            {% endfor %}
)

select * from final
