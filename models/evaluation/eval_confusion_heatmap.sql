with

cells as (

    select * from {{ ref('eval_confusion_cells') }}

),

final as (

    select
        cells.model_name,
        cells.model_version,
        cells.grain,
        cells.period_start_at,
        cells.segment,
        cells.label_name,
        long.normalization,
        cells.actual_class,
        cells.predicted_class,
        long.value
    from cells
    cross join lateral (
        values
        ('none', cast(cells.n as {{ millwright.sql_type('float8') }})),
        ('true', cells.actual_rate),
        ('pred', cells.predicted_rate),
        ('all', cells.total_rate)
    ) as long (normalization, value)

)

select * from final
