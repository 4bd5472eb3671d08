{%- set sums = millwright.regression_columns() -%}

with

periods as (

    {{ millwright.changed_periods() }}

),

regression_partials as (

    select * from {{ ref('eval_regression_partials') }}

),

medians as (

    select * from {{ ref('eval_ordered_metrics') }}
    where metric = 'median_absolute_error'

),

in_periods as (

    {{ millwright.in_periods('regression_partials', 'hour_starts_at', sums) }}

),

in_segments as (

    {{ millwright.in_segments('in_periods', ['period_id'] + sums) }}

),

listed as (

    {{ millwright.metrics_from_sums('in_segments', group_by=['period_id', 'segment']) | indent(4) }}

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        listed.segment,
        listed.average,
        listed.class_name,
        listed.metric,
        coalesce(listed.value, medians.numerator) as value,
        coalesce(listed.numerator, medians.numerator) as numerator,
        listed.denominator,
        listed.n,
        listed.n_unlabelled,
        listed.n_unpredicted,
        periods.known_at
    from listed
    inner join periods
        on listed.period_id = periods.period_id
    left join medians
        on
            listed.metric = medians.metric
            and listed.segment = medians.segment
            and periods.model_name = medians.model_name
            and periods.model_version = medians.model_version
            and periods.grain = medians.grain
            and periods.period_start_at = medians.period_start_at

)

select * from final
