with

labels as (

    select * from {{ ref('train_customer__labels') }}
    where label_revision = 1

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

counted as (

    select
        labels.model_name,
        splits.data_split,
        labels.label,
        labels.actual_class,
        count(*) as n_examples,
        count(distinct labels.customer_id) as n_customers
    from labels
    inner join splits
        on labels.customer_id = splits.customer_id
    group by
        labels.model_name,
        splits.data_split,
        labels.label,
        labels.actual_class

),

final as (

    select
        model_name,
        label,
        actual_class,
        data_split,
        n_examples,
        n_customers,
        {{ millwright.safe_divide('n_examples', 'sum(n_examples) over (partition by model_name, label, data_split)') }} as class_rate,
        {{ millwright.safe_divide('n_examples', 'sum(n_examples) over (partition by model_name, label, actual_class)') }} as split_rate
    from counted

)

select * from final
