with

errors as (

    {{ millwright.deduplicate(
        ref('stg_ops__prediction_errors'),
        partition_by=['error_id'],
        order_by=['known_at', 'event_at', millwright.bytewise("concat_ws('|', model_name, model_version, error_type, message, run_id)")]
    ) }}

),

events as (

    select * from {{ ref('stg_ops__prediction_error_events') }}

),

told as (

    select
        error_id,
        0 as step,
        'open' as status,
        cast(null as {{ dbt.type_string() }}) as note,
        cast(null as {{ dbt.type_string() }}) as actor,
        event_at,
        known_at,
        run_id
    from errors

    union all

    select
        events.error_id,
        1 as step,
        events.status,
        events.note,
        events.actor,
        events.event_at,
        events.known_at,
        events.run_id
    from events
    inner join errors
        on events.error_id = errors.error_id

),

final as (

    select
        told.error_id,
        cast(row_number() over (
            partition by told.error_id
            order by told.step, told.event_at, told.known_at, {{ millwright.bytewise("concat_ws('|', told.status, told.actor, told.note)") }}
        ) as integer) as step_number,
        errors.model_name,
        errors.model_version,
        errors.error_type,
        told.status,
        told.note,
        told.actor,
        told.event_at,
        told.known_at,
        told.run_id
    from told
    inner join errors
        on told.error_id = errors.error_id

)

select * from final
