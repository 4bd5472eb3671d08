{%- set places = namespace(n=0) -%}

with

parameters as (

    select * from {{ ref('pred_repurchase__parameters') }}
    where parameter = 'coefficient'

),

declared as (
    {%- for group, names in var('example_features').items() %}
    {%- for name in names %}
    {%- if places.n %}

    union all
    {%- endif %}
    {%- set places.n = places.n + 1 %}

    select
        '{{ group }}' as feature_group,
        '{{ name }}' as feature,
        {{ places.n }} as feature_order
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        parameters.model_name,
        parameters.model_version,
        declared.feature_order,
        declared.feature_group,
        declared.feature,
        -- Nothing else can be weighed.
        'number' as data_type,
        parameters.trained_at as known_at
    from parameters
    inner join declared
        on parameters.feature = declared.feature

)

select * from final
