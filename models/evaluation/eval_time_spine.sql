with

final as (

    select cast(moment as timestamp) as day_starts_at
    from {{ millwright.timestamp_series(
        "cast('" ~ var('history_starts_on') ~ "' as timestamp)", millwright.as_of(), 'day'
    ) }}

)

select * from final
