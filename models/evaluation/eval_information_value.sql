with

weights as (

    select * from {{ ref('train_repurchase__encodings') }}
    where encoding = 'weight_of_evidence'

),

final as (

    select
        model_name,
        model_version,
        feature,
        sum(information_value) as information_value,
        count(case when bucket = 'bin' then 1 end) as n_bins,
        cast(sum(n) as bigint) as n_rows,
        {{ millwright.safe_divide("sum(case when bucket = 'null' then n else 0 end)", 'sum(n)') }} as missing_rate
    from weights
    group by
        model_name,
        model_version,
        feature

)

select * from final
