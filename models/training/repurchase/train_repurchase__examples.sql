with

features as (

    select * from {{ ref('feat_customer__rfm') }}

),

labels as (

    select
        customer_id,
        snapshot_at,
        label_revision,
        label,
        label_known_at,
        lead(label_known_at) over (
            partition by customer_id, snapshot_at
            order by label_revision
        ) as label_superseded_at
    from {{ ref('train_repurchase__labels') }}

),

splits as (

    select * from {{ ref('train_repurchase__splits') }}

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
        {%- for feature in var('repurchase_features') %}
        cast(features.{{ feature }} as {{ millwright.sql_type('float8') }}) as {{ feature }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from labels
    inner join features
        on
            labels.customer_id = features.customer_id
            and labels.snapshot_at = features.event_at
            and features.known_at <= labels.snapshot_at
    inner join splits
        on labels.customer_id = splits.customer_id

)

select * from final
