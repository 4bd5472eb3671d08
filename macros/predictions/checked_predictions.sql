{#- Predictions, checked, as a query: their columns, what the checks come to (`rejection_reason`, NULL for a good one), and what follows from a
    prediction and its version. However a prediction is logged, this is what judges it.

    It is judged by what is known when it and its version both are, at `accepted_at`: a registration that comes late lets it in, and nothing
    that becomes known later takes it out. Functions of JSON are worked out only for rows that have the JSON, and only where their result is
    asked for. -#}

{%- macro checked_predictions(predictions, versions, features, revisions, tasks, aliases) -%}
    with

    matched as (

        {{ millwright.matched_predictions(predictions, versions, features, revisions, tasks, aliases) | indent(8) }}

    ),

    measured as (

        select
            *,
            case when readable_scores is not null then {{ millwright.json_numbers('readable_scores', 'sum') }} end as sum_of_scores,
            case when readable_scores is not null then {{ millwright.json_numbers('readable_scores', 'min') }} end as lowest_score,
            case when readable_scores is not null then {{ millwright.json_numbers('readable_scores', 'max') }} end as highest_score,
            case when readable_features is not null then {{ millwright.json_hash('readable_features') }} end as feature_hash,
            {%- for misfit in ['missing', 'mistyped', 'unknown'] %}
            case
                when readable_features is not null and feature_schema is not null
                    then {{ millwright.json_misfits('readable_features', 'feature_schema', misfit) | indent(16) }}
            end as {{ misfit }}_features{{ ',' if not loop.last }}
            {%- endfor %}
        from matched

    ),

    judged as (

        select
            *,
            {{ millwright.prediction_confidence(
                'measured', 'highest_score', 'not ' ~ millwright.json_contains('positive_names', 'predicted_class')
            ) | indent(8) }} as confidence,
            {{ millwright.prediction_problems() | indent(8) }} as rejection_reason
        from measured

    )

    select
        *,
        {{ millwright.confidence_level('confidence') }} as confidence_level,
        case
            when readable_features is null or feature_schema is null then null
            when rejection_reason is not null then 'failed'
            when unknown_features is not null then 'warning'
            else 'passed'
        end as validation_status,
        'input_features has what the schema does not know: ' || unknown_features as validation_warnings
    from judged
{%- endmacro -%}
