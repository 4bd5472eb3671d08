{#- What versions of a logistic regression say of examples, both names of relations or CTEs, as a query: a row per example and version that
    `joined_on` brings together, with score and predicted class. -#}

{%- macro logistic_scores(examples, versions, joined_on, parameters, features, classes) -%}
    select
        model_name,
        model_version,
        customer_id as entity_id,
        snapshot_at as event_at,
        snapshot_at as known_at,
        score,
        case when score >= decision_threshold then '{{ classes[0] }}' else '{{ classes[1] }}' end as predicted_class
    from (
        select
            *,
            {{ millwright.logistic('log_odds') }} as score
        from (
            select
                versions.model_name,
                versions.model_version,
                versions.decision_threshold,
                examples.customer_id,
                examples.snapshot_at,
                {{ millwright.linear_predictor(features) | indent(8) }} as log_odds
            from {{ examples }} as examples
            inner join {{ versions }} as versions
                on {{ joined_on }}
            inner join (
                {{ millwright.fitted_linear(parameters, features, outputs=[none]) | indent(12) }}
            ) as fitted
                on versions.model_version = fitted.model_version
        ) as predicted
    ) as scored
{%- endmacro -%}
