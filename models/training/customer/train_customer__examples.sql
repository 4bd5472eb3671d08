{%- set features = var('example_features') -%}
{%- set names = features.values() | sum(start=[]) -%}

with

spine as (

    select
        customer_id,
        snapshot_at
    from {{ ref('train_customer__spine') }}
    {%- if is_incremental() %}
    where snapshot_at > {{ millwright.watermark('snapshot_at') }}
    {%- endif %}

),

joined as (

    {{ millwright.point_in_time_join('spine', entity_key='customer_id', as_of='snapshot_at', feature_groups=features) }}

),

typed as (

    select
        customer_id,
        snapshot_at,
        {%- for group, names in features.items() %}
        {%- for name in names %}
        cast({{ name }} as {{ millwright.sql_type('float8') }}) as {{ name }},
        {%- endfor %}
        {{ group }}__event_at,
        {{ group }}__known_at,
        {%- endfor %}
        {{ millwright.versions_in_use(features) }} as feature_versions
    from joined

),

final as (

    select
        *,
        {{ millwright.example_hash(names) | indent(8) }} as example_hash
    from typed

)

select * from final
