{#- Why a prediction of `checked_predictions` is rejected, as an SQL expression over its steps: all reasons joined by `; `, NULL for a good one. -#}

{%- macro prediction_problems() -%}
    {%- set n_answers = millwright.n_filled(['predicted_class', 'predicted_labels', 'predicted_value']) -%}
    {%- set is_named = "coalesce(model_name, '') <> '' and coalesce(model_version, '') <> ''" -%}
    {{ millwright.rejection_reason({
        'prediction_id is missing': "coalesce(prediction_id, '') = ''",
        'model_name is missing': "coalesce(model_name, '') = ''",
        'model_version is missing': "coalesce(model_version, '') = ''",
        'model_version is not registered': 'registered_at is null and ' ~ is_named,
        'model_version was rejected': "banned_as = 'rejected'",
        'model_version was retired': "banned_as = 'retired'",
        'entity_id is missing': "coalesce(entity_id, '') = ''",
        'event_at is missing': 'event_at is null',
        'known_at is missing': 'known_at is null',
        'event_at is after known_at': 'event_at > known_at',
        'nothing is predicted': n_answers ~ ' = 0 and task is null',
        'predicted_class is missing': "predicted_class is null and task in ('binary', 'multiclass')",
        'predicted_labels is missing': "predicted_labels is null and task = 'multilabel'",
        'predicted_value is missing': "predicted_value is null and task = 'regression'",
        'more than one thing is predicted': n_answers ~ ' > 1',
        'predicted_labels is no JSON array': millwright.json_kind('predicted_labels') ~ " <> 'array'",
        'predicted_value is not finite': millwright.is_finite('predicted_value') ~ ' = false',
        'score is outside 0 to 1': 'not (score >= 0 and score <= 1)',
        'class_scores is missing': 'predicted_labels is not null and class_scores is null',
        'class_scores is no JSON object': 'class_scores is not null and readable_scores is null',
        'class_scores has none, or one that is no number from 0 to 1':
        'not coalesce(lowest_score >= 0 and highest_score <= 1, readable_scores is null)',
        'class_scores do not add up to 1': 'predicted_class is not null and abs(sum_of_scores - 1) > 0.001',
        'latency_ms is not 0 or more': 'not (latency_ms >= 0 and ' ~ millwright.is_finite('latency_ms') ~ ')',
        'memory_mb is not 0 or more': 'not (memory_mb >= 0 and ' ~ millwright.is_finite('memory_mb') ~ ')',
        'cpu_rate is outside 0 to 1': 'not (cpu_rate >= 0 and cpu_rate <= 1)',
        'segments is no JSON object': 'segments is not null and readable_segments is null',
        'segments has split, which is what data_split says': millwright.json_value('readable_segments', 'split') ~ ' is not null',
        'business_context is no JSON object': millwright.json_kind('business_context') ~ " <> 'object'",
        'input_features is no JSON object': 'input_features is not null and readable_features is null',
    }, named={
        'input_features lacks ': 'missing_features',
        'input_features has a value of the wrong type for ': 'mistyped_features',
    }) }}
{%- endmacro -%}
