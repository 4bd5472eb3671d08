with

months as (

    select moment as snapshot_at
    from {{ millwright.timestamp_series("cast('" ~ var('history_starts_on') ~ "' as timestamp)", millwright.as_of(), 'month') }}

),

final as (

    select cast(snapshot_at as timestamp) as snapshot_at
    from months

)

select * from final
