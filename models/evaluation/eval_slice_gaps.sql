{%- set period = ['model_name', 'model_version', 'grain', 'period_start_at'] -%}
{%- set group = period + ['slice', 'average', 'class_name', 'metric'] -%}

with

metrics as (

    select * from {{ ref('eval_metrics') }}

),

-- Beside their rows, and not joined to them, which PostgreSQL would do row by row.
beside_overall as (

    select
        *,
        max(case when segment = 'all' then value end) over (
            partition by {{ (period + ['average', 'class_name', 'metric']) | join(', ') }}
        ) as overall_value
    from metrics

),

slices as (

    select
        *,
        split_part(segment, '=', 1) as slice
    from beside_overall
    where
        segment <> 'all'
        and value is not null

),

ranked as (

    select
        *,
        row_number() over (partition by {{ group | join(', ') }} order by value, {{ millwright.bytewise('segment') }}) as rank_from_lowest,
        row_number() over (partition by {{ group | join(', ') }} order by value desc, {{ millwright.bytewise('segment') }}) as rank_from_highest
    from slices

),

compared as (

    select
        {{ group | join(',\n        ') }},
        count(*) as n_segments,
        min(value) as lowest_value,
        max(case when rank_from_lowest = 1 then segment end) as lowest_segment,
        max(case when rank_from_lowest = 1 then n end) as lowest_n,
        max(value) as highest_value,
        max(case when rank_from_highest = 1 then segment end) as highest_segment,
        max(case when rank_from_highest = 1 then n end) as highest_n,
        max(overall_value) as overall_value
    from ranked
    group by {{ group | join(', ') }}

),

final as (

    select
        *,
        highest_value - lowest_value as gap,
        {{ millwright.safe_divide('lowest_value', 'highest_value') }} as ratio
    from compared

)

select * from final
