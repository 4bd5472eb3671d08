{%- set as_json = millwright.json_string('variant') ~ " || ': ' || cast(n_entities as " ~ dbt.type_string() ~ ')' -%}

with

experiments as (

    select * from {{ ref('int_experiments_current') }}

),

allocations as (

    select
        experiment_id,
        max(case when is_control then variant end) as control_variant,
        count(*) as n_variants,
        cast(sum(n_entities) as bigint) as n_entities,
        '{' || string_agg({{ as_json }}, ', ' order by is_control desc, {{ millwright.bytewise('variant') }}) || '}' as entities_by_variant
    from {{ ref('int_experiment_allocations') }}
    group by experiment_id

),

exposures as (

    select
        experiment_id,
        count(case when is_in_several_variants then 1 end) as n_in_several_variants,
        count(case when variant = 'holdout' and not is_in_several_variants then 1 end) as n_holdout,
        min(exposed_at) as first_exposed_at,
        max(exposed_at) as last_exposed_at
    from {{ ref('int_experiment_exposures') }}
    group by experiment_id

),

tests as (

    select
        experiment_id,
        min(sample_ratio_p_value) as sample_ratio_p_value
    from {{ ref('mon_experiment_tests') }}
    group by experiment_id

),

final as (

    select
        experiments.experiment_id,
        experiments.experiment_name,
        experiments.description,
        experiments.status,
        experiments.status = 'completed' or coalesce(experiments.closes_at <= {{ millwright.as_of() }}, false) as is_over,
        experiments.method,
        experiments.primary_metric,
        experiments.success_direction,
        experiments.covariate,
        experiments.alpha,
        experiments.min_sample_size,
        experiments.target_segments,
        experiments.starts_at,
        experiments.ends_at,
        experiments.activated_at,
        experiments.completed_at,
        allocations.control_variant,
        allocations.n_variants,
        allocations.n_entities,
        allocations.entities_by_variant,
        coalesce(exposures.n_holdout, 0) as n_holdout,
        coalesce(exposures.n_in_several_variants, 0) as n_in_several_variants,
        exposures.first_exposed_at,
        exposures.last_exposed_at,
        tests.sample_ratio_p_value,
        experiments.known_at
    from experiments
    inner join allocations
        on experiments.experiment_id = allocations.experiment_id
    left join exposures
        on experiments.experiment_id = exposures.experiment_id
    left join tests
        on experiments.experiment_id = tests.experiment_id

)

select * from final
