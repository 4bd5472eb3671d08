with

source as (

    select * from {{ source('ops', 'experiment_variants') }}
    where known_at <= {{ millwright.as_of() }} or known_at is null

),

experiments as (

    select distinct
        experiment_id,
        revision
    from {{ source('ops', 'experiments') }}
    where known_at <= {{ millwright.as_of() }}

),

final as (

    select
        source.*,
        {{ millwright.rejection_reason({
            'experiment_id is missing': "coalesce(source.experiment_id, '') = ''",
            'revision is missing': 'source.revision is null',
            'there is no such revision of an experiment':
            "source.experiment_id <> '' and source.revision is not null and experiments.experiment_id is null",
            'variant is missing': "coalesce(source.variant, '') = ''",
            'no variant can be called holdout': "source.variant = 'holdout'",
            'is_control is missing': 'source.is_control is null',
            'model_name is missing': "coalesce(source.model_name, '') = ''",
            'model_version is missing': "coalesce(source.model_version, '') = ''",
            'traffic_share is not from 0 to 1': 'not coalesce(source.traffic_share >= 0 and source.traffic_share <= 1, false)',
            'known_at is missing': 'source.known_at is null',
        }) }} as rejection_reason
    from source
    left join experiments
        on
            source.experiment_id = experiments.experiment_id
            and source.revision = experiments.revision

)

select * from final
