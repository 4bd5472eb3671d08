-- The predictions of a month that were surest of what did not come true, each with why: how it came to be served, which of its features
-- looked different, what the quality rules said of their sources, and whether its customer was another one by then.
{%- set month = var('analysed_month', '1998-02-01') %}

with

worst as (

    select *
    from {{ ref('life_prediction_chain') }}
    where
        model_name = '{{ var('analysed_model', 'repurchase') }}'
        and event_at >= {{ millwright.literal(month, 'timestamp') }}
        and event_at < {{ millwright.literal(month, 'timestamp') }} + interval '1' month
        and is_wrong
    order by
        abs(score - 0.5) desc,
        prediction_id
    limit 10

),

features as (

    select
        features.prediction_id,
        features.model_version,
        features.event_at,
        count(*) as n_features,
        count(case when features.logged_value <> features.stored_value then 1 end) as n_features_that_differ,
        count(case when coalesce(features.logged_value, features.stored_value) is null then 1 end) as n_features_missing,
        max(case when features.feature = 'recency_days' then coalesce(features.logged_value, features.stored_value) end) as recency_days,
        max(features.n_rules_not_passed) as n_rules_not_passed
    from {{ ref('life_prediction_features') }} as features
    where features.prediction_id in (select worst.prediction_id from worst)
    group by
        features.prediction_id,
        features.model_version,
        features.event_at

),

identities as (

    select
        identities.prediction_id,
        identities.model_version,
        identities.event_at,
        count(*) as n_changes_since
    from {{ ref('life_prediction_identities') }} as identities
    where
        not identities.was_known
        and identities.prediction_id in (select worst.prediction_id from worst)
    group by
        identities.prediction_id,
        identities.model_version,
        identities.event_at

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
    features.recency_days,
    features.n_features,
    features.n_features_that_differ,
    features.n_features_missing,
    features.n_rules_not_passed,
    coalesce(identities.n_changes_since, 0) as n_identity_changes_since
from worst
left join features
    on
        worst.prediction_id = features.prediction_id
        and worst.model_version = features.model_version
        and worst.event_at = features.event_at
left join identities
    on
        worst.prediction_id = identities.prediction_id
        and worst.model_version = identities.model_version
        and worst.event_at = identities.event_at
order by
    abs(worst.score - 0.5) desc,
    worst.prediction_id
