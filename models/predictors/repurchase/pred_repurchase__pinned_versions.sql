with

versions as (

    select * from {{ ref('pred_repurchase__versions') }}

),

pinned as (

    select * from {{ ref('drift_references') }}

),

final as (

    select
        versions.model_name || '_pinned' as model_name,
        versions.model_version,
        versions.event_at,
        versions.known_at,
        versions.n_train_rows,
        versions.n_valid_rows,
        versions.train_positive_rate,
        versions.valid_log_loss,
        versions.decision_threshold
    from versions
    inner join pinned
        on
            versions.model_name = pinned.model_name
            and versions.model_version = pinned.reference_version

)

select * from final
