with

variants as (

    select * from {{ ref('stg_ops__experiment_variants') }}

),

experiments as (

    select * from {{ ref('int_experiments_current') }}

),

-- A delivery that is repeated is no further variant.
final as (

    select distinct
        variants.experiment_id,
        variants.variant,
        variants.is_control,
        variants.model_name,
        variants.model_version,
        variants.traffic_share
    from experiments
    inner join variants
        on
            experiments.experiment_id = variants.experiment_id
            and experiments.revision = variants.revision

)

select * from final
