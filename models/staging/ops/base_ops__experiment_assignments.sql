with

source as (

    select * from {{ source('ops', 'experiment_assignments') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

experiments as (

    select distinct experiment_id
    from {{ ref('stg_ops__experiments') }}

),

variants as (

    select distinct
        variants.experiment_id,
        variants.variant
    from {{ ref('stg_ops__experiment_variants') }} as variants
    inner join {{ ref('stg_ops__experiments') }} as revisions
        on
            variants.experiment_id = revisions.experiment_id
            and variants.revision = revisions.revision

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'assignment_id is missing': "coalesce(source.assignment_id, '') = ''",
            'experiment_id is missing': "coalesce(source.experiment_id, '') = ''",
            'there is no such experiment': "source.experiment_id <> '' and experiments.experiment_id is null",
            'entity_id is missing': "coalesce(source.entity_id, '') = ''",
            'variant is missing': "coalesce(source.variant, '') = ''",
            'the experiment has no such variant':
            "experiments.experiment_id is not null and source.variant not in ('', 'holdout') and variants.variant is null",
            'event_at is missing': 'source.event_at is null',
            'known_at is missing': 'source.known_at is null',
            'event_at is after known_at': 'source.event_at > source.known_at',
        }) }} as rejection_reason
    from source
    left join experiments
        on source.experiment_id = experiments.experiment_id
    left join variants
        on
            source.experiment_id = variants.experiment_id
            and source.variant = variants.variant

)

select * from final
