{%- set features = var('example_features').values() | sum(start=[]) -%}

with

examples as (

    select * from {{ ref('train_customer__examples') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('event_at') }}
    {%- endif %}

),

versions as (

    select * from {{ ref('pred_repurchase__pinned_versions') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}
    where data_split = 'test'

),

test_examples as (

    select examples.*
    from examples
    inner join splits
        on examples.customer_id = splits.customer_id

),

scores as (

    {{ millwright.logistic_scores(
        'test_examples',
        'versions',
        'examples.snapshot_at >= versions.event_at',
        ref('pred_repurchase__parameters'),
        features,
        var('task_classes')['repurchase']
    ) | indent(4) }}

),

final as (

    select
        *,
        'test' as data_split
    from scores

)

select * from final
