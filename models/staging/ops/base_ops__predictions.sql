{%- set n_answers = millwright.n_filled(['predicted_class', 'predicted_labels', 'predicted_value']) -%}

with

source as (

    select * from {{ source('ops', 'predictions') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

predictions as (

    select
        source.*,
        tasks.task,
        case when {{ millwright.json_kind('source.class_scores') }} = 'object' then source.class_scores end as readable_scores,
        case when {{ millwright.json_kind('source.segments') }} = 'object' then source.segments end as readable_segments
    from source
    left join tasks
        on source.model_name = tasks.model_name

),

scored as (

    select
        *,
        case when readable_scores is not null then {{ millwright.json_numbers('readable_scores', 'sum') }} end as sum_of_scores,
        case when readable_scores is not null then {{ millwright.json_numbers('readable_scores', 'min') }} end as lowest_score,
        case when readable_scores is not null then {{ millwright.json_numbers('readable_scores', 'max') }} end as highest_score
    from predictions

),

final as (

    select
        *,
        {{ millwright.rejection_reason({
            'prediction_id is missing': "coalesce(prediction_id, '') = ''",
            'model_name is missing': "coalesce(model_name, '') = ''",
            'model_version is missing': "coalesce(model_version, '') = ''",
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
            'segments is no JSON object': 'segments is not null and readable_segments is null',
            'segments has split, which is what data_split says': millwright.json_value('readable_segments', 'split') ~ ' is not null',
        }) }} as rejection_reason
    from scored

)

select * from final
