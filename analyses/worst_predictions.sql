-- The predictions of a month that were surest of what did not come true, each with why: how it came to be served, on which features, what the
-- quality rules said of their sources, and whether its customer was another one by then. Their ids are looked up first: as constants they
-- reach the tables below the views.
{%- set month = millwright.literal(var('analysed_month', '1998-02-01'), 'timestamp') %}
{%- set worst_ids %}
select prediction_id
from {{ ref('eval_predictions') }}
where
    model_name = {{ millwright.literal(var('analysed_model', 'repurchase')) }}
    and event_at >= {{ month }}
    and event_at < {{ month }} + interval '1' month
    and predicted_class <> actual_class
order by
    abs(score - 0.5) desc,
    prediction_id
limit 10
{%- endset %}
{%- set ids = ['none'] %}
{%- if execute and load_relation(ref('eval_predictions')) %}
{%- do ids.extend(run_query(worst_ids).columns[0].values()) %}
{%- endif %}
{%- set are_the_worst = "prediction_id in ('" ~ ids | join("', '") ~ "')" %}
{%- set keys = ['prediction_id', 'model_version', 'event_at'] %}

with

worst as (

    select *
    from {{ ref('life_prediction_chain') }}
    where {{ are_the_worst }}

),

features as (

    select
        {{ keys | join(',\n        ') }},
        {{ dbt.listagg("feature || ' ' || coalesce(logged_value, stored_value)", "', '", 'order by feature_order') }} as feature_values,
        count(case when logged_value <> stored_value then 1 end) as n_features_that_differ,
        count(case when coalesce(logged_value, stored_value) is null then 1 end) as n_features_missing
    from {{ ref('life_prediction_features') }}
    where {{ are_the_worst }}
    group by
        {{ keys | join(',\n        ') }}

),

quality as (

    select
        {{ keys | join(',\n        ') }},
        count(case when verdict <> 'pass' then 1 end) as n_rules_not_passed
    from {{ ref('life_prediction_quality') }}
    where {{ are_the_worst }}
    group by
        {{ keys | join(',\n        ') }}

),

identities as (

    select
        {{ keys | join(',\n        ') }},
        count(case when not was_known then 1 end) as n_identity_changes_since
    from {{ ref('life_prediction_identities') }}
    where {{ are_the_worst }}
    group by
        {{ keys | join(',\n        ') }}

)

select
    worst.prediction_id,
    worst.model_version,
    worst.event_at,
    worst.entity_id,
    worst.current_entity_id,
    worst.score,
    worst.predicted_class,
    worst.actual_class,
    worst.recipe_hash,
    worst.n_training_rows,
    worst.deployment_id,
    worst.n_gates_overridden,
    features.feature_values,
    features.n_features_that_differ,
    features.n_features_missing,
    quality.n_rules_not_passed,
    identities.n_identity_changes_since
from worst
left join features
    on
        worst.prediction_id = features.prediction_id
        and worst.model_version = features.model_version
        and worst.event_at = features.event_at
left join quality
    on
        worst.prediction_id = quality.prediction_id
        and worst.model_version = quality.model_version
        and worst.event_at = quality.event_at
left join identities
    on
        worst.prediction_id = identities.prediction_id
        and worst.model_version = identities.model_version
        and worst.event_at = identities.event_at
order by
    abs(worst.score - 0.5) desc,
    worst.prediction_id
