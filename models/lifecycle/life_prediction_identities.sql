with

predictions as (

    select * from {{ ref('eval_predictions') }}

),

crosswalk as (

    select * from {{ ref('customer_crosswalk') }}

),

-- A record that moves is news of two customers.
moves as (

    select
        customer_id,
        'joined' as change_kind,
        previous_customer_id as other_customer_id,
        record_key,
        source_system,
        link_rule,
        valid_from as changed_at,
        known_at
    from crosswalk

    union all

    select
        previous_customer_id as customer_id,
        'left' as change_kind,
        customer_id as other_customer_id,
        record_key,
        source_system,
        link_rule,
        valid_from as changed_at,
        known_at
    from crosswalk
    where previous_customer_id is not null

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        predictions.event_at,
        predictions.entity_id,
        moves.record_key,
        moves.source_system,
        moves.change_kind,
        moves.other_customer_id,
        moves.link_rule,
        moves.changed_at,
        moves.known_at,
        moves.known_at <= predictions.known_at as was_known
    from predictions
    inner join moves
        on predictions.entity_id = moves.customer_id

)

select * from final
