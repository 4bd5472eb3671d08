{%- set group = [
    'model_name', 'model_version', 'other_model_name', 'other_model_version', 'grain', 'period_start_at', 'segment',
] -%}

with

cells as (

    select
        *,
        actual_class = predicted_class as is_right,
        actual_class = other_predicted_class as is_other_right
    from {{ ref('eval_compared_cells') }}

),

final as (

    select
        {{ group | join(',\n        ') }},
        cast(sum(case when is_right and is_other_right then n else 0 end) as bigint) as n_both_right,
        cast(sum(case when is_right and not is_other_right then n else 0 end) as bigint) as n_only_right,
        cast(sum(case when not is_right and is_other_right then n else 0 end) as bigint) as n_only_other_right,
        cast(sum(case when not is_right and not is_other_right then n else 0 end) as bigint) as n_both_wrong,
        cast(sum(n) as bigint) as n
    from cells
    group by {{ group | join(', ') }}

)

select * from final
