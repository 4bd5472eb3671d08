with

assignments as (

    select * from {{ ref('stg_ops__experiment_assignments') }}

),

experiments as (

    select * from {{ ref('int_experiments_current') }}

),

final as (

    select
        assignments.experiment_id,
        assignments.entity_id,
        min(assignments.variant) as variant,
        min(assignments.variant) <> max(assignments.variant) as is_in_several_variants,
        min(assignments.event_at) as exposed_at
    from assignments
    inner join experiments
        on assignments.experiment_id = experiments.experiment_id
    where
        assignments.event_at >= experiments.starts_at
        and (experiments.closes_at is null or assignments.event_at < experiments.closes_at)
    group by
        assignments.experiment_id,
        assignments.entity_id

)

select * from final
