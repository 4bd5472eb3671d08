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
    looks.feature_values,
    looks.n_features_that_differ,
    looks.n_features_missing,
    checks.n_rules_not_passed,
    moves.n_identity_changes_since
from worst
-- Look-ups by prediction, not joins of everything.
cross join lateral (
    select
        {{ dbt.listagg("features.feature || ' ' || coalesce(features.logged_value, features.stored_value)", "', '", 'order by features.feature_order') }}
            as feature_values,
        count(case when features.logged_value <> features.stored_value then 1 end) as n_features_that_differ,
        count(case when coalesce(features.logged_value, features.stored_value) is null then 1 end) as n_features_missing
    from {{ ref('life_prediction_features') }} as features
    where
        features.prediction_id = worst.prediction_id
        and features.model_version = worst.model_version
        and features.event_at = worst.event_at
) as looks
cross join lateral (
    select count(case when quality.verdict <> 'pass' then 1 end) as n_rules_not_passed
    from {{ ref('life_prediction_quality') }} as quality
    where
        quality.prediction_id = worst.prediction_id
        and quality.model_version = worst.model_version
        and quality.event_at = worst.event_at
) as checks
cross join lateral (
    select count(case when not identities.was_known then 1 end) as n_identity_changes_since
    from {{ ref('life_prediction_identities') }} as identities
    where
        identities.prediction_id = worst.prediction_id
        and identities.model_version = worst.model_version
        and identities.event_at = worst.event_at
) as moves
order by
    abs(worst.score - 0.5) desc,
    worst.prediction_id
