{#- Why an error of a prediction is rejected, as an SQL expression over the columns of `ops.prediction_errors`: all reasons joined by `; `, NULL
    for a good one. -#}

{%- macro prediction_error_problems() -%}
    {{ millwright.rejection_reason({
        'error_id is missing': "coalesce(error_id, '') = ''",
        'message is missing': "coalesce(message, '') = ''",
        'error_type is none of validation_error, model_error, timeout, resource_exhausted, logging_error':
        "coalesce(error_type, '') not in ('validation_error', 'model_error', 'timeout', 'resource_exhausted', 'logging_error')",
        'stage is none of preprocessing, inference, postprocessing, logging':
        "stage not in ('preprocessing', 'inference', 'postprocessing', 'logging')",
        'event_at is missing': 'event_at is null',
        'known_at is missing': 'known_at is null',
        'event_at is after known_at': 'event_at > known_at',
    }) }}
{%- endmacro -%}
