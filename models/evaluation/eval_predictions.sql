-- Predictions, outcomes and versions reach the landing tables while these run:
-- depends_on: {{ ref('pred_customer__predictions') }}
-- depends_on: {{ ref('pred_customer__outcomes') }}
-- depends_on: {{ ref('pred_customer__versions') }}
-- depends_on: {{ ref('stg_ops__model_versions') }}
{%- set outcome_window = "interval '" ~ var('outcome_window_days') ~ "' day" -%}
{%- set outcome_lead = "interval '" ~ var('outcome_lead_days') ~ "' day" -%}
{%- if is_incremental() %}
{%- set read_after = millwright.read_after('changed_at') %}
{%- set first_at = millwright.first_changed_prediction(read_after) %}
{%- endif %}

with

{%- if is_incremental() %}

changed as (

    {{ millwright.changed_predictions(read_after) }}

),
{%- endif %}

predictions as {{ millwright.kept_on_nights() }} (

    select predictions.*
    from {{ ref('stg_ops__predictions') }} as predictions
    {%- if is_incremental() %}
    inner join changed
        on
            predictions.model_name = changed.model_name
            and predictions.prediction_id = changed.prediction_id
    where predictions.event_at >= {{ first_at }}
    {%- endif %}

),

outcomes as {{ millwright.kept_on_nights() }} (

    select outcomes.*
    from {{ ref('stg_ops__outcomes') }} as outcomes
    {%- if is_incremental() %}
    inner join changed
        on
            outcomes.model_name = changed.model_name
            and outcomes.prediction_id = changed.prediction_id
    where outcomes.event_at >= {{ first_at }} - {{ outcome_lead }}
    {%- endif %}

),

-- Only these have to be put in order, of millions that come once.
repeated as (

    select
        model_name,
        prediction_id
    from predictions
    group by
        model_name,
        prediction_id
    having count(*) > 1

    union

    select
        model_name,
        prediction_id
    from outcomes
    group by
        model_name,
        prediction_id
    having count(*) > 1

),

-- An outcome belongs to predictions of the days before it only, so that no night has to look for them in all of history.
delivered as {{ millwright.kept_on_nights() }} (

    select
        predictions.*,
        outcomes.outcome_id,
        outcomes.event_at as outcome_at,
        outcomes.known_at as outcome_known_at,
        outcomes.actual_class,
        outcomes.actual_labels,
        outcomes.actual_value,
        repeated.prediction_id is not null as is_repeated
    from predictions
    left join repeated
        on
            predictions.model_name = repeated.model_name
            and predictions.prediction_id = repeated.prediction_id
    left join outcomes
        on
            predictions.model_name = outcomes.model_name
            and predictions.prediction_id = outcomes.prediction_id
            and outcomes.event_at >= predictions.event_at - {{ outcome_lead }}
            and outcomes.event_at <= predictions.event_at + {{ outcome_window }}

),

delivered_again as (

    select * from delivered
    where is_repeated

),

-- The first delivery with the newest outcome.
delivered_first as (

    {{ millwright.deduplicate(
        'delivered_again',
        partition_by=['model_name', 'prediction_id', 'model_version', 'event_at'],
        order_by=[
            'known_at',
            millwright.bytewise("concat_ws('|', entity_id, predicted_class, predicted_labels, class_scores, data_split, segments)"),
            'score',
            'predicted_value',
            'outcome_known_at desc nulls last',
            'outcome_at desc nulls last',
            millwright.bytewise("concat_ws('|', outcome_id, actual_class, actual_labels)"),
            'actual_value',
        ]
    ) }}

),

judged as (

    select
        delivered.*,
        1 as candidate_rank
    from delivered
    where not delivered.is_repeated

    union all

    select * from delivered_first

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

aliases as (

    select * from {{ ref('label_aliases') }}

),

final as (

    select
        judged.prediction_id,
        judged.model_name,
        judged.model_version,
        coalesce(
            tasks.task,
            case
                when judged.predicted_value is not null then 'regression'
                when judged.predicted_labels is not null then 'multilabel'
                else 'multiclass'
            end
        ) as task,
        judged.entity_id,
        judged.event_at,
        judged.accepted_at as known_at,
        judged.score,
        coalesce(predicted_aliases.class_name, judged.predicted_class) as predicted_class,
        judged.predicted_labels,
        judged.predicted_value,
        judged.class_scores,
        judged.data_split,
        judged.segments,
        judged.user_id,
        judged.session_id,
        judged.request_id,
        judged.environment,
        judged.latency_ms,
        judged.memory_mb,
        judged.cpu_rate,
        judged.feature_hash,
        judged.validation_status,
        coalesce(actual_aliases.class_name, judged.actual_class) as actual_class,
        judged.actual_labels,
        judged.actual_value,
        coalesce(predicted_aliases.alias, actual_aliases.alias) is not null as is_renamed,
        judged.outcome_known_at,
        greatest(judged.accepted_at, coalesce(judged.outcome_known_at, judged.accepted_at)) as changed_at
    from judged
    left join tasks
        on judged.model_name = tasks.model_name
    left join aliases as predicted_aliases
        on
            judged.model_name = predicted_aliases.model_name
            and judged.predicted_class = predicted_aliases.alias
    left join aliases as actual_aliases
        on
            judged.model_name = actual_aliases.model_name
            and judged.actual_class = actual_aliases.alias

)

select * from final
