with

examples as (

    select
        customer_id,
        snapshot_at,
        recency_days
    from {{ ref('train_customer__examples') }}

),

test_customers as (

    select customer_id
    from {{ ref('train_customer__splits') }}
    where data_split = 'test'

),

labels as (

    select * from {{ ref('train_customer__labels') }}

),

ranked as (

    select
        labels.*,
        {{ millwright.recency_band('examples.recency_days') }} as recency_band,
        row_number() over (
            partition by labels.model_name, labels.customer_id, labels.snapshot_at, labels.label
            order by labels.label_revision desc
        ) as newest_first
    from labels
    inner join test_customers
        on labels.customer_id = test_customers.customer_id
    inner join examples
        on
            labels.customer_id = examples.customer_id
            and labels.snapshot_at = examples.snapshot_at

),

final as (

    select
        model_name as task_name,
        customer_id,
        snapshot_at,
        label,
        case when amount is null then actual_class else 'amount' end as actual_class,
        amount,
        recency_band
    from ranked
    where newest_first = 1

)

select * from final
