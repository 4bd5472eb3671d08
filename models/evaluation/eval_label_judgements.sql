with

predictions as (

    select * from {{ ref('eval_predictions') }}
    where predicted_labels is not null

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        predictions.event_at,
        predictions.changed_at,
        predictions.data_split,
        predictions.segments,
        {{ millwright.json_length('predictions.actual_labels') }} as n_actual_labels,
        entries.key as label_name,
        {{ millwright.json_contains('predictions.predicted_labels', 'entries.key') }} as is_predicted,
        {{ millwright.json_contains('predictions.actual_labels', 'entries.key') }} as is_actual,
        cast(entries.value as {{ millwright.sql_type('float8') }}) as score
    from predictions
    cross join {{ millwright.json_entries('predictions.class_scores') }}

)

select * from final
