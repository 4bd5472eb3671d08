with

summaries as (

    select * from {{ ref('train_lifetime_value__summaries') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('snapshot_at') }}
    {%- endif %}

),

final as (

    select
        snapshot_at,
        n_repeat_days,
        active_span_days,
        tenure_days,
        count(*) as n_customers
    from summaries
    group by
        snapshot_at,
        n_repeat_days,
        active_span_days,
        tenure_days

)

select * from final
