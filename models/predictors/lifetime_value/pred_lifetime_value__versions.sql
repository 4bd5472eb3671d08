{%- set parameters = [
    'purchase_r', 'purchase_alpha', 'purchase_a', 'purchase_b', 'purchase_log_likelihood',
    'spend_p', 'spend_q', 'spend_gamma', 'spend_log_likelihood', 'frequency_spend_correlation',
] -%}

with

parameters as (

    select * from {{ ref('pred_lifetime_value__parameters') }}

),

final as (

    select
        model_name,
        model_version,
        trained_at,
        {%- for parameter in parameters %}
        max(case when parameter = '{{ parameter }}' then value end) as {{ parameter }},
        {%- endfor %}
        cast(max(case when parameter = 'n_customers' then value end) as bigint) as n_customers,
        cast(max(case when parameter = 'n_repeat_customers' then value end) as bigint) as n_repeat_customers,
        cast(max(case when parameter = 'n_spenders' then value end) as bigint) as n_spenders
    from parameters
    group by
        model_name,
        model_version,
        trained_at
    having max(case when parameter = 'is_fitted' then value end) = 1

)

select * from final
