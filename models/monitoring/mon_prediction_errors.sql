with

errors as (

    {{ millwright.deduplicate(
        ref('stg_ops__prediction_errors'),
        partition_by=['error_id'],
        order_by=['known_at', 'event_at', millwright.bytewise("concat_ws('|', model_name, model_version, error_type, message, run_id)")]
    ) }}

),

standing as (

    {{ millwright.deduplicate(ref('mon_prediction_error_history'), partition_by=['error_id'], order_by=['step_number desc']) }}

),

final as (

    select
        errors.error_id,
        errors.prediction_id,
        errors.request_id,
        errors.model_name,
        errors.model_version,
        errors.error_type,
        errors.error_code,
        errors.message,
        errors.stack_trace,
        errors.stage,
        errors.input_features,
        errors.event_at,
        errors.known_at,
        standing.status,
        standing.actor,
        standing.note,
        case when standing.step_number > 1 then standing.event_at end as answered_at,
        case when standing.status = 'resolved' then standing.event_at end as resolved_at,
        case when standing.status = 'resolved' then standing.actor end as resolved_by
    from errors
    inner join standing
        on errors.error_id = standing.error_id

)

select * from final
