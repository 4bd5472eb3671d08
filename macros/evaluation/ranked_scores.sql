{#- The CTEs that lead from `eval_class_scores` and the CTE `periods` of `changed_periods` to `score_groups`, a row per period_id, segment and
    class_name with its group_id, and to `ranked`, what `ranked_by_score` makes of their scores. -#}

{%- macro ranked_scores() -%}
    {%- set keys = ['model_name', 'model_version', 'class_name', 'day_starts_at', 'data_split', 'segments'] -%}
cells as (

    select distinct {{ keys | join(', ') }}
    from {{ ref('eval_score_partials') }}

),

cells_in_periods as (

    {{ millwright.in_periods('cells', 'day_starts_at', ['model_name', 'model_version', 'class_name', 'day_starts_at']) }}

),

cells_in_segments as (

    {{ millwright.in_segments('cells_in_periods', ['period_id'] + keys) }}

),

-- Which groups a prediction counts in is looked up by what it shares with many others, and a group is a number: short rows to sort.
cells_in_groups as (

    select
        *,
        dense_rank() over (order by period_id, segment, class_name) as group_id
    from cells_in_segments

),

score_groups as (

    select distinct
        group_id,
        period_id,
        segment,
        class_name
    from cells_in_groups

),

scores as {{ millwright.not_materialized() }} (

    select
        *,
        {{ dbt.date_trunc('day', 'event_at') }} as day_starts_at
    from {{ ref('eval_class_scores') }}
    where
        score is not null
        and is_actual is not null
        and event_at >= {{ millwright.first_changed_period() }}

),

scores_in_groups as {{ millwright.not_materialized() }} (

    select
        cells.group_id,
        scores.score,
        scores.is_actual
    from scores
    inner join cells_in_groups as cells
        on
            {%- for key in keys[:4] %}
            scores.{{ key }} = cells.{{ key }}
            and
            {%- endfor %} coalesce(scores.data_split, '') = coalesce(cells.data_split, '')
            and coalesce(scores.segments, '') = coalesce(cells.segments, '')
            and scores.data_split is not distinct from cells.data_split

),

ranked as {{ millwright.not_materialized() }} (

    {{ millwright.ranked_by_score('scores_in_groups', are_distinct=millwright.are_scores_distinct()) | indent(4) }}

)
{%- endmacro -%}
