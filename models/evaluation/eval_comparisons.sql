{%- set group = [
    'model_name', 'model_version', 'other_model_name', 'other_model_version', 'grain', 'period_start_at', 'segment',
] -%}

with

cells as (

    select * from {{ ref('eval_compared_cells') }}

),

other_cells as (

    select
        {{ group | join(',\n        ') }},
        actual_class,
        other_predicted_class as predicted_class,
        n
    from cells

),

metrics as (

    {{ millwright.metrics_from_counts('cells', group_by=group, beta=var('f_beta')) | indent(4) }}

),

other_metrics as (

    {{ millwright.metrics_from_counts('other_cells', group_by=group, beta=var('f_beta')) | indent(4) }}

),

-- A class that only one of the two predicted has metrics of the one only.
final as (

    select
        {%- for column in group + ['average', 'class_name', 'metric'] %}
        coalesce(metrics.{{ column }}, other_metrics.{{ column }}) as {{ column }},
        {%- endfor %}
        metrics.value,
        other_metrics.value as other_value,
        metrics.value - other_metrics.value as difference,
        coalesce(metrics.n, other_metrics.n) as n
    from metrics
    full outer join other_metrics
        on
            {%- for column in group + ['average', 'metric'] %}
            {{ 'and ' if not loop.first }}metrics.{{ column }} = other_metrics.{{ column }}
            {%- endfor %}
            and coalesce(metrics.class_name, '') = coalesce(other_metrics.class_name, '')

)

select * from final
