with

versions as (

    select
        *,
        lead(event_at) over (
            partition by feature_group
            order by feature_version
        ) as superseded_at,
        max(feature_version) over (partition by feature_group) as newest_version
    from {{ ref('stg_ops__feature_versions') }}

),

final as (

    select
        feature_group,
        feature_version,
        feature_version = newest_version as is_active,
        event_at as created_at,
        superseded_at,
        features,
        logic_hash,
        logic,
        run_id
    from versions

)

select * from final
