{#- Months add up. -#}
{%- set latencies = {
    'latency_mean_ms': millwright.safe_divide('sum(latency_mean_ms * n_latencies)', 'sum(n_latencies)'),
    'latency_max_ms': 'max(latency_max_ms)',
} -%}

with

metrics as (

    select
        model_name,
        model_version,
        metric,
        case when average = 'class' then 'positive' else average end as average,
        segment,
        value,
        n
    from {{ ref('eval_metrics') }}
    where
        grain = 'all'
        and (average <> 'class' or is_positive_class)

),

-- Before it serves, a version has nothing but these.
held_out as (

    select
        model_name,
        model_version,
        metric,
        'positive' as average,
        'holdout' as segment,
        value,
        n
    from {{ ref('eval_holdout_metrics') }}

),

monitored as (

    select * from {{ ref('mon_prediction_metrics') }}
    where grain = 'month'

),

final as (

    select * from metrics
    union all
    select * from held_out
    {%- for metric, expression in latencies.items() %}
    union all
    select
        model_name,
        model_version,
        '{{ metric }}' as metric,
        'all' as average,
        'all' as segment,
        {{ expression }} as value,
        cast(sum(n_latencies) as {{ millwright.sql_type('bigint') }}) as n
    from monitored
    group by
        model_name,
        model_version
    {%- endfor %}

)

select * from final
