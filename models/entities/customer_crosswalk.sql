-- depends_on: {{ ref('int_customer_assignments_made') }}

with

assignments as (

    select * from {{ ref('stg_ops__customer_assignments') }}

),

decided as (

    select
        *,
        lead(event_at) over (
            partition by record_key
            order by known_at, revision
        ) as superseded_at
    from assignments

),

-- A decision that the same night took back was never in force.
in_force as (

    select
        *,
        lag(customer_id) over (
            partition by record_key
            order by known_at, revision
        ) as previous_customer_id_in_force
    from decided
    where superseded_at > event_at or superseded_at is null

),

-- What was decided there and back within a night is no change.
changes as (

    select
        record_key,
        source_system,
        source_record_id,
        customer_id,
        previous_customer_id_in_force as previous_customer_id,
        link_rule,
        event_at as valid_from,
        lead(event_at) over (
            partition by record_key
            order by known_at, revision
        ) as valid_to,
        known_at
    from in_force
    where customer_id <> previous_customer_id_in_force or previous_customer_id_in_force is null

),

final as (

    select
        record_key,
        source_system,
        source_record_id,
        customer_id,
        previous_customer_id,
        link_rule,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        known_at
    from changes

)

select * from final
