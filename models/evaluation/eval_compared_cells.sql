{%- set versions = ['model_name', 'model_version', 'other_model_name', 'other_model_version'] -%}
{%- set classes = ['actual_class', 'predicted_class', 'other_predicted_class'] -%}

with

partials as (

    select * from {{ ref('eval_comparison_partials') }}

),

in_periods as (

    select
        partials.*,
        grains.grain,
        {{ millwright.period_of('grains.grain', 'partials.day_starts_at') }} as period_start_at
    from partials
    cross join {{ millwright.evaluated_grains(with_hours=false) }}

),

in_segments as (

    {{ millwright.in_segments('in_periods', versions + ['grain', 'period_start_at'] + classes + ['n']) }}

),

final as (

    select
        {{ versions | join(',\n        ') }},
        grain,
        period_start_at,
        segment,
        {{ classes | join(',\n        ') }},
        cast(sum(n) as bigint) as n
    from in_segments
    group by
        {{ versions | join(',\n        ') }},
        grain,
        period_start_at,
        segment,
        {{ classes | join(',\n        ') }}

)

select * from final
