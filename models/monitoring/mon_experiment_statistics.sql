{%- set products = [
    ('sum_value_squares', 'value', 'value'), ('sum_covariate_squares', 'covariate', 'covariate'), ('sum_products', 'value', 'covariate'),
] -%}
{%- set float8 = millwright.sql_type('float8') -%}

with

allocations as (

    select * from {{ ref('int_experiment_allocations') }}

),

experiments as (

    select * from {{ ref('int_experiments_current') }}

),

metrics as (

    select
        experiments.experiment_id,
        experiments.method,
        experiments.alpha,
        entries.key as metric,
        entries.value as kind
    from experiments
    cross join {{ millwright.json_entries('experiments.metrics') }}

),

-- The mean is taken off first, since digits would be lost in the squares of numbers that are large beside their differences.
centred as (

    select
        experiment_id,
        metric,
        variant,
        avg(value) over of_metric as center,
        value - avg(value) over of_metric as value,
        covariate - avg(covariate) over of_metric as covariate
    from {{ ref('mon_experiment_values') }}
    where value is not null
    window of_metric as (partition by experiment_id, metric)

),

sums as (

    select
        experiment_id,
        metric,
        variant,
        count(*) as n,
        min(center) as center,
        sum(value) as sum_value,
        -- The product of numbers below 1e-150 is no float any more, which PostgreSQL makes an error.
        {%- for name, a, b in products %}
        sum(case when least(abs({{ a }}), abs({{ b }})) < 1e-150 then 0 * {{ a }} * {{ b }} else {{ a }} * {{ b }} end) as {{ name }},
        {%- endfor %}
        sum(covariate) as sum_covariate
    from centred
    group by
        experiment_id,
        metric,
        variant

),

final as (

    select
        metrics.experiment_id,
        metrics.metric,
        allocations.variant,
        allocations.is_control,
        metrics.kind,
        metrics.method,
        metrics.alpha,
        allocations.n_entities,
        allocations.n_expected_entities,
        {%- for name in ('center', 'sum_value', 'sum_value_squares', 'sum_covariate', 'sum_covariate_squares', 'sum_products') %}
        cast(sums.{{ name }} as {{ float8 }}) as {{ name }},
        {%- endfor %}
        coalesce(sums.n, 0) as n
    from metrics
    inner join allocations
        on metrics.experiment_id = allocations.experiment_id
    left join sums
        on
            metrics.experiment_id = sums.experiment_id
            and metrics.metric = sums.metric
            and allocations.variant = sums.variant

)

select * from final
