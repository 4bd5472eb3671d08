with

moments as (

    select cast(moment as timestamp) as snapshot_at
    from {{ millwright.timestamp_series(
        "cast('" ~ var('history_starts_on') ~ "' as timestamp)", millwright.as_of(), millwright.snapshot_grain()
    ) }}

),

final as (

    select
        snapshot_at,
        lag(snapshot_at) over (order by snapshot_at) as previous_snapshot_at
    from moments

)

select * from final
