with

splits as (

    select * from {{ ref('train_customer__splits') }}

),

redirects as (

    select * from {{ ref('customer_redirects') }}

),

time_splits as (

    select
        *,
        {{ millwright.horizon_ends_at('snapshot_at') }} as horizon_ends_at,
        {{ millwright.matures_at('snapshot_at') }} as matures_at,
        min(case when data_split = 'test' then snapshot_at end) over (partition by split_name) as test_starts_at
    from {{ ref('train_customer__time_splits') }}

),

-- Who was two customers when the splits were assigned may have come to be in two of them.
persons as (

    select
        coalesce(redirects.current_customer_id, splits.customer_id) as customer_id,
        splits.data_split
    from splits
    left join redirects
        on splits.customer_id = redirects.customer_id

),

leaks as (

    select
        'customer in two splits' as leak,
        'customers' as split_name,
        customer_id,
        cast(null as timestamp) as snapshot_at,
        min(data_split) as data_split,
        max(data_split) as other_data_split
    from persons
    group by customer_id
    having min(data_split) <> max(data_split)

    union all

    select
        case
            when horizon_ends_at > test_starts_at then 'horizon reaches into the test'
            else 'embargo is too short'
        end as leak,
        split_name,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        snapshot_at,
        data_split,
        'test' as other_data_split
    from time_splits
    where
        data_split = 'train'
        and matures_at + embargo_days * interval '1' day > test_starts_at

),

final as (

    select
        leak,
        split_name,
        customer_id,
        snapshot_at,
        data_split,
        other_data_split
    from leaks

)

select * from final
