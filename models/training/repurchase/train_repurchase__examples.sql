with

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

spine as (

    select
        customer_id,
        snapshot_at
    from labels
    where label_revision = 1

),

features as (

    {{ millwright.point_in_time_join(
        'spine', entity_key='customer_id', as_of='snapshot_at', feature_groups=var('repurchase_features')
    ) }}

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
        {%- for group, names in var('repurchase_features').items() %}
        {%- for name in names %}
        cast(features.{{ name }} as {{ millwright.sql_type('float8') }}) as {{ name }},
        {%- endfor %}
        features.{{ group }}__event_at,
        features.{{ group }}__known_at{% if not loop.last %},{% endif %}
        {%- endfor %}
    from labels
    inner join features
        on
            labels.customer_id = features.customer_id
            and labels.snapshot_at = features.snapshot_at
    inner join splits
        on labels.customer_id = splits.customer_id

)

select * from final
