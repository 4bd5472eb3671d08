with

exposures as (

    select * from {{ ref('int_experiment_exposures') }}

),

variants as (

    select * from {{ ref('int_experiment_variants_current') }}

),

-- From the first revision on, and each until the next.
revisions as (

    select
        experiment_id,
        revision,
        case when row_number() over by_time > 1 then event_at end as valid_from,
        lead(event_at) over by_time as valid_to
    from (
        select
            experiment_id,
            revision,
            min(event_at) as event_at
        from {{ ref('stg_ops__experiments') }}
        where status <> 'draft'
        group by
            experiment_id,
            revision
    ) as begun
    window by_time as (partition by experiment_id order by event_at, revision)

),

-- Shares among those that take part, of the variants that there are now.
shares as (

    select
        revisions.experiment_id,
        revisions.revision,
        variants.variant,
        max(past.traffic_share) as traffic_share
    from revisions
    inner join variants
        on revisions.experiment_id = variants.experiment_id
    left join {{ ref('stg_ops__experiment_variants') }} as past
        on
            revisions.experiment_id = past.experiment_id
            and revisions.revision = past.revision
            and variants.variant = past.variant
    group by
        revisions.experiment_id,
        revisions.revision,
        variants.variant

),

parts as (

    select
        *,
        {{ millwright.safe_divide(
            'traffic_share', 'sum(traffic_share) over (partition by experiment_id, revision)'
        ) }} as part
    from shares

),

counted as (

    select
        exposures.experiment_id,
        revisions.revision,
        exposures.variant,
        count(*) as n_entities
    from exposures
    inner join variants
        on
            exposures.experiment_id = variants.experiment_id
            and exposures.variant = variants.variant
    left join revisions
        on
            exposures.experiment_id = revisions.experiment_id
            and (revisions.valid_from is null or exposures.exposed_at >= revisions.valid_from)
            and (revisions.valid_to is null or exposures.exposed_at < revisions.valid_to)
    where not exposures.is_in_several_variants
    group by
        exposures.experiment_id,
        revisions.revision,
        exposures.variant

),

expected as (

    select
        parts.experiment_id,
        parts.variant,
        sum(counted.n_entities * parts.part) as n_expected
    from counted
    inner join parts
        on
            counted.experiment_id = parts.experiment_id
            and counted.revision = parts.revision
    group by
        parts.experiment_id,
        parts.variant

),

observed as (

    select
        experiment_id,
        variant,
        sum(n_entities) as n_entities
    from counted
    group by
        experiment_id,
        variant

),

final as (

    select
        variants.experiment_id,
        variants.variant,
        variants.is_control,
        variants.model_name,
        variants.model_version,
        variants.traffic_share,
        cast(coalesce(observed.n_entities, 0) as bigint) as n_entities,
        cast(coalesce(expected.n_expected, 0) as {{ millwright.sql_type('float8') }}) as n_expected_entities
    from variants
    left join observed
        on
            variants.experiment_id = observed.experiment_id
            and variants.variant = observed.variant
    left join expected
        on
            variants.experiment_id = expected.experiment_id
            and variants.variant = expected.variant

)

select * from final
