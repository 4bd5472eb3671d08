with

revisions as (

    select * from {{ ref('stg_ops__retraining_jobs') }}

),

newest as (

    {{ millwright.deduplicate('revisions', partition_by=['retraining_job_id'], order_by=['revision desc']) }}

),

ways as (

    select
        retraining_job_id,
        min(event_at) as queued_at,
        max(case when revision = 1 then actor end) as queued_by,
        min(case when status = 'running' then event_at end) as started_at,
        min(case when status in ('completed', 'failed', 'cancelled') then event_at end) as ended_at
    from revisions
    group by retraining_job_id

),

final as (

    select
        newest.retraining_job_id,
        newest.project_name,
        newest.status,
        newest.model_name,
        newest.model_version,
        newest.trigger_type,
        newest.recommendation,
        newest.triggers,
        newest.deploys_canary,
        newest.experiment_name,
        newest.new_model_name,
        newest.new_model_version,
        newest.outcome,
        newest.training_cost,
        ways.queued_at,
        ways.queued_by,
        ways.started_at,
        ways.ended_at,
        newest.revision,
        newest.event_at as changed_at,
        newest.actor as changed_by
    from newest
    inner join ways
        on newest.retraining_job_id = ways.retraining_job_id

)

select * from final
