{%- set relations = [
    'pred_value_tier__parameters', 'pred_value_tier__challenger_parameters', 'pred_active_months__parameters', 'pred_spend__parameters',
] -%}

with

parameters as (
    {%- for relation in relations %}

    select
        model_name,
        model_version,
        trained_at,
        parameter,
        value
    from {{ ref(relation) }}
    where parameter in ('n_train_rows', 'n_valid_rows')
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        model_name,
        model_version,
        trained_at as event_at,
        trained_at as known_at,
        cast(max(case when parameter = 'n_train_rows' then value end) as bigint) as n_train_rows,
        cast(max(case when parameter = 'n_valid_rows' then value end) as bigint) as n_valid_rows
    from parameters
    group by
        model_name,
        model_version,
        trained_at

)

select * from final
