{%- set figures = [
    'difference', 'difference_low', 'difference_high', 'p_value', 'relative_difference', 'relative_low', 'relative_high', 'relative_p_value',
] -%}

with

statistics as (

    select
        *,
        center + {{ millwright.safe_divide('sum_value', 'n') }} as mean
    from {{ ref('mon_experiment_statistics') }}

),

tests as (

    select * from {{ ref('mon_experiment_tests') }}

),

experiments as (

    select * from {{ ref('int_experiments_current') }}

),

final as (

    select
        treatments.experiment_id,
        treatments.metric,
        treatments.kind,
        treatments.metric = experiments.primary_metric as is_primary,
        controls.variant as control_variant,
        treatments.variant,
        treatments.n_entities,
        controls.n as n_control,
        treatments.n,
        controls.mean as control_mean,
        treatments.mean,
        {%- for prefix in ('', 'cuped_') %}
        {%- for figure in figures %}
        {{ 'tests.' ~ prefix ~ figure }},
        {%- endfor %}
        {%- endfor %}
        tests.adjusted_p_value,
        tests.adjusted_p_value < experiments.alpha as is_significant
    from statistics as treatments
    inner join statistics as controls
        on
            treatments.experiment_id = controls.experiment_id
            and treatments.metric = controls.metric
            and controls.is_control
    inner join experiments
        on treatments.experiment_id = experiments.experiment_id
    inner join tests
        on
            treatments.experiment_id = tests.experiment_id
            and treatments.metric = tests.metric
            and treatments.variant = tests.variant
    where not treatments.is_control

)

select * from final
