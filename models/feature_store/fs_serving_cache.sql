with

vectors as (

    {{ millwright.deduplicate(
        ref('stg_ops__feature_vectors'),
        partition_by=['model_name', 'entity_id'],
        order_by=['computed_at desc', 'recorded_at desc', millwright.bytewise('run_id')]
    ) }}

),

final as (

    select
        model_name,
        model_version,
        entity_id,
        feature_vector,
        features_known_at,
        computed_at,
        expires_at,
        expires_at <= {{ millwright.as_of() }} as is_expired
    from vectors

)

select * from final
