{%- set matrix = ['model_name', 'model_version', 'grain', 'period_start_at', 'segment', 'label_name'] -%}

with

cells as (

    select * from {{ ref('eval_confusion_cells') }}

),

classes as (

    select distinct
        model_name,
        label_name,
        actual_class as class_name
    from cells

),

-- Each class against all others, in a row for what came true and one for the total.
sides as (

    select
        {% for column in matrix -%}
        cells.{{ column }},
        {% endfor -%}
        classes.class_name,
        matrix_rows.actual,
        cells.predicted_class = classes.class_name as is_predicted,
        cells.n
    from cells
    inner join classes
        on
            cells.model_name = classes.model_name
            and cells.label_name is not distinct from classes.label_name
    cross join (values ('class'), ('other'), ('total')) as matrix_rows (actual)
    where
        matrix_rows.actual = 'total'
        or (matrix_rows.actual = 'class') = (cells.actual_class = classes.class_name)

),

final as (

    select
        {{ matrix | join(',\n        ') }},
        class_name,
        actual,
        cast(sum(case when is_predicted then n else 0 end) as bigint) as n_predicted,
        cast(sum(case when is_predicted then 0 else n end) as bigint) as n_predicted_other,
        cast(sum(n) as bigint) as n_total
    from sides
    group by
        {{ matrix | join(',\n        ') }},
        class_name,
        actual

)

select * from final
