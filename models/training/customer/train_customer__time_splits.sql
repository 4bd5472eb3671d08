{%- set split_name = 'test from ' ~ var('time_split_test_starts_on') ~ ', embargo ' ~ var('time_split_embargo_days') ~ ' days' -%}
{%- set test_starts_at = millwright.literal(var('time_split_test_starts_on'), 'timestamp') -%}

with

snapshots as (

    select
        snapshot_at,
        {{ millwright.matures_at('snapshot_at') }} as matures_at
    from {{ ref('int_snapshots') }}

),

named as (

    select
        {{ millwright.literal(split_name) }} as split_name,
        snapshot_at,
        cast({{ var('time_split_embargo_days') }} as integer) as embargo_days,
        case
            when snapshot_at >= {{ test_starts_at }} then 'test'
            when matures_at + interval '{{ var("time_split_embargo_days") }}' day <= {{ test_starts_at }} then 'train'
            else 'embargo'
        end as data_split
    from snapshots

),

final as (

    select * from named
    {%- if is_incremental() %}
    where not exists (
        select 1
        from {{ this }} as assigned
        where
            assigned.split_name = named.split_name
            and assigned.snapshot_at = named.snapshot_at
    )
    {%- endif %}

)

select * from final
