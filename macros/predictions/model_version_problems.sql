{#- Why the registration of a model version is rejected, as an SQL expression over the columns of `ops.model_versions`: all reasons joined by `; `,
    NULL for a good one. -#}

{%- macro model_version_problems() -%}
    {{ millwright.rejection_reason({
        'model_name is missing': "coalesce(model_name, '') = ''",
        'model_version is missing': "coalesce(model_version, '') = ''",
        'event_at is missing': 'event_at is null',
        'known_at is missing': 'known_at is null',
        'event_at is after known_at': 'event_at > known_at',
        'decision_threshold is outside 0 to 1': 'not (decision_threshold >= 0 and decision_threshold <= 1)',
        'parameters is no JSON object': millwright.json_kind('parameters') ~ " <> 'object'",
        'expected_accuracy is outside 0 to 1': 'not (expected_accuracy >= 0 and expected_accuracy <= 1)',
        'expected_latency_ms is not 0 or more': 'not expected_latency_ms >= 0',
        'expected_throughput_rps is not 0 or more': 'not expected_throughput_rps >= 0',
    }) }}
{%- endmacro -%}
