with

trained as (

    select * from {{ ref('life_model_versions') }}

),

revisions as (

    select * from {{ ref('stg_ops__model_version_revisions') }}

),

newest as (

    {{ millwright.deduplicate('revisions', partition_by=['model_name', 'model_version'], order_by=['revision desc']) }}

),

approved as (

    select * from revisions
    where status = 'approved'

),

-- A version that has lost its traffic is approved again, by nobody's word.
approvals as (

    {{ millwright.deduplicate('approved', partition_by=['model_name', 'model_version'], order_by=['revision']) }}

),

ways as (

    select
        model_name,
        model_version,
        min(event_at) as registered_at,
        min(case when status = 'deployed' then event_at end) as deployed_at,
        min(case when status = 'retired' then event_at end) as retired_at
    from revisions
    group by
        model_name,
        model_version

),

final as (

    select
        coalesce(trained.model_name, newest.model_name) as model_name,
        coalesce(trained.model_version, newest.model_version) as model_version,
        newest.project_name,
        newest.experiment_name,
        coalesce(newest.status, 'registered') as status,
        newest.event_at as changed_at,
        newest.actor as changed_by,
        newest.reason,
        ways.registered_at,
        approvals.event_at as approved_at,
        approvals.actor as approved_by,
        ways.deployed_at,
        ways.retired_at,
        trained.trained_at,
        trained.n_train_rows,
        trained.n_outcomes,
        trained.roc_auc,
        trained.f1
    from trained
    full outer join newest
        on
            trained.model_name = newest.model_name
            and trained.model_version = newest.model_version
    left join ways
        on
            newest.model_name = ways.model_name
            and newest.model_version = ways.model_version
    left join approvals
        on
            newest.model_name = approvals.model_name
            and newest.model_version = approvals.model_version

)

select * from final
