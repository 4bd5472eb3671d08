with

predictions as {{ millwright.not_materialized() }} (

    select * from {{ ref('eval_predictions') }}

),

labels as (

    select * from {{ ref('eval_label_judgements') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

final as (

    select
        predictions.model_name,
        predictions.model_version,
        predictions.event_at,
        predictions.changed_at,
        predictions.data_split,
        predictions.segments,
        tasks.positive_class as class_name,
        predictions.actual_class = tasks.positive_class as is_actual,
        predictions.score
    from predictions
    inner join tasks
        on predictions.model_name = tasks.model_name
    where
        tasks.positive_class is not null
        and predictions.class_scores is null

    union all

    select
        predictions.model_name,
        predictions.model_version,
        predictions.event_at,
        predictions.changed_at,
        predictions.data_split,
        predictions.segments,
        entries.key as class_name,
        predictions.actual_class = entries.key as is_actual,
        cast(entries.value as {{ millwright.sql_type('float8') }}) as score
    from predictions
    cross join {{ millwright.json_entries('predictions.class_scores') }}
    where
        predictions.predicted_class is not null
        and predictions.class_scores is not null

    union all

    select
        model_name,
        model_version,
        event_at,
        changed_at,
        data_split,
        segments,
        label_name as class_name,
        is_actual,
        score
    from labels

)

select * from final
