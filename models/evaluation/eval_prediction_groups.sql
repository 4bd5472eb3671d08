with

predictions as (

    select * from {{ ref('eval_predictions') }}

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        cast({{ dbt.date_trunc('month', 'predictions.event_at') }} as date) as month_starts_on,
        segments.segment,
        predictions.score,
        predictions.predicted_class,
        predictions.actual_class
    from predictions
    cross join lateral (values ('all'), ('split=' || predictions.data_split)) as segments (segment)
    where segments.segment is not null

)

select * from final
