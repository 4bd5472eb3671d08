with

summaries as (

    select * from {{ ref('train_lifetime_value__summaries') }}

),

-- Without spend there is no likelihood.
final as (

    select
        snapshot_at,
        n_repeat_days,
        repeat_amount,
        count(*) as n_customers
    from summaries
    where repeat_amount > 0
    group by
        snapshot_at,
        n_repeat_days,
        repeat_amount

)

select * from final
