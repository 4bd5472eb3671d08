with

crosswalk as (

    select * from {{ ref('customer_crosswalk') }}

),

moves as (

    select
        valid_from as changed_at,
        previous_customer_id,
        customer_id,
        count(*) as n_records
    from crosswalk
    where previous_customer_id is not null
    group by
        valid_from,
        previous_customer_id,
        customer_id

),

-- An id can end and come back, so what counts is who had records right before and right after.
judged as (

    select
        moves.*,
        exists(
            select 1
            from crosswalk
            where
                crosswalk.customer_id = moves.previous_customer_id
                and {{ millwright.valid_at('crosswalk', 'moves.changed_at') }}
        ) as previous_goes_on,
        exists(
            select 1
            from crosswalk
            where
                crosswalk.customer_id = moves.customer_id
                and crosswalk.valid_from < moves.changed_at
                and (crosswalk.valid_to >= moves.changed_at or crosswalk.valid_to is null)
        ) as was_there_before
    from moves

),

final as (

    select
        changed_at,
        previous_customer_id,
        customer_id,
        case
            when not previous_goes_on then 'merge'
            when not was_there_before then 'split'
            else 'move'
        end as change_kind,
        n_records
    from judged

)

select * from final
