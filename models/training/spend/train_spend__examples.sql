with

labels as (

    select
        *,
        lead(label_known_at) over (
            partition by customer_id, snapshot_at
            order by label_revision
        ) as label_superseded_at
    from {{ ref('train_spend__labels') }}

),

examples as (

    select * from {{ ref('train_customer__examples') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

final as (

    select
        labels.customer_id,
        labels.snapshot_at,
        labels.label_revision,
        splits.data_split,
        labels.label,
        labels.label_known_at,
        labels.label_superseded_at,
        examples.example_hash,
        {%- for name in var('example_features').values() | sum(start=[]) %}
        examples.{{ name }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from labels
    inner join examples
        on
            labels.customer_id = examples.customer_id
            and labels.snapshot_at = examples.snapshot_at
    inner join splits
        on labels.customer_id = splits.customer_id

)

select * from final
