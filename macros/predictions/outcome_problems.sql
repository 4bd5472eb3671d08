{#- Why an outcome is rejected, as an SQL expression over the columns of `ops.outcomes`: all reasons joined by `; `, NULL for a good one. -#}

{%- macro outcome_problems() -%}
    {%- set n_answers = millwright.n_filled(['actual_class', 'actual_labels', 'actual_value']) -%}
    {{ millwright.rejection_reason({
        'outcome_id is missing': "coalesce(outcome_id, '') = ''",
        'model_name is missing': "coalesce(model_name, '') = ''",
        'prediction_id is missing': "coalesce(prediction_id, '') = ''",
        'no outcome is given': n_answers ~ ' = 0',
        'more than one outcome is given': n_answers ~ ' > 1',
        'actual_labels is no JSON array': millwright.json_kind('actual_labels') ~ " <> 'array'",
        'actual_value is not finite': millwright.is_finite('actual_value') ~ ' = false',
        'event_at is missing': 'event_at is null',
        'known_at is missing': 'known_at is null',
        'event_at is after known_at': 'event_at > known_at',
    }) }}
{%- endmacro -%}
