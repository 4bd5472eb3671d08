with

revisions as (

    select * from {{ ref('stg_ops__incidents') }}

),

newest as (

    {{ millwright.deduplicate('revisions', partition_by=['incident_id'], order_by=['revision desc']) }}

),

ways as (

    select
        incident_id,
        min(event_at) as opened_at,
        max(case when revision = 1 then actor end) as opened_by,
        min(case when status = 'investigating' then event_at end) as investigated_at,
        max(case when status = 'resolved' then event_at end) as resolved_at,
        max(case when status = 'closed' then event_at end) as closed_at
    from revisions
    group by incident_id

),

final as (

    select
        newest.incident_id,
        newest.project_name,
        newest.status,
        newest.incident_type,
        newest.severity,
        newest.title,
        newest.description,
        newest.environment,
        newest.model_name,
        newest.affected_versions,
        newest.incident_key,
        newest.assigned_to,
        newest.root_cause,
        newest.resolution,
        ways.opened_at,
        ways.opened_by,
        ways.investigated_at,
        case when newest.status in ('resolved', 'closed') then ways.resolved_at end as resolved_at,
        ways.closed_at,
        newest.revision,
        newest.event_at as changed_at,
        newest.actor as changed_by
    from newest
    inner join ways
        on newest.incident_id = ways.incident_id

)

select * from final
