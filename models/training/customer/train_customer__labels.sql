with

final as (

    select
        'repurchase' as model_name,
        customer_id,
        snapshot_at,
        label_revision,
        'label' as label,
        label as actual_class,
        cast(null as {{ millwright.sql_type('float8') }}) as amount,
        label_known_at
    from {{ ref('train_repurchase__labels') }}

    union all

    select
        'value_tier' as model_name,
        customer_id,
        snapshot_at,
        label_revision,
        'label' as label,
        label as actual_class,
        cast(null as {{ millwright.sql_type('float8') }}) as amount,
        label_known_at
    from {{ ref('train_value_tier__labels') }}
    {%- for month in [1, 2, 3] %}

    union all

    select
        'active_months' as model_name,
        customer_id,
        snapshot_at,
        label_revision,
        'is_active_month_{{ month }}' as label,
        case when is_active_month_{{ month }} then 'active' else 'idle' end as actual_class,
        cast(null as {{ millwright.sql_type('float8') }}) as amount,
        label_known_at
    from {{ ref('train_active_months__labels') }}
    {%- endfor %}

    union all

    select
        'spend' as model_name,
        customer_id,
        snapshot_at,
        label_revision,
        'label' as label,
        case when label > 0 then 'something spent' else 'nothing spent' end as actual_class,
        cast(label as {{ millwright.sql_type('float8') }}) as amount,
        label_known_at
    from {{ ref('train_spend__labels') }}

)

select * from final
