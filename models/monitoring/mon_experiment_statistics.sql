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
        sum(covariate) as sum_covariate,
        -- The product of numbers below 1e-150 is no float any more, which PostgreSQL makes an error.
        {%- for name, one, other in products %}
        sum(case
            when abs({{ one }}) >= 1e-150 and abs({{ other }}) >= 1e-150 then {{ one }} * {{ other }}
            when {{ one }} is not null and {{ other }} is not null then 0
        end) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
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
        coalesce(sums.n, 0) as n,
        {%- for name in ('center', 'sum_value', 'sum_value_squares', 'sum_covariate', 'sum_covariate_squares', 'sum_products') %}
        cast(sums.{{ name }} as {{ float8 }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
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
