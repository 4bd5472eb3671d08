with

refused as (

    select
        left_key,
        right_key,
        link_kind,
        rule_id,
        match_weight,
        refusal_reason
    from {{ ref('int_customer_links_decided') }}
    where
        not is_accepted
        and refusal_reason <> 'must not match'

),

doubtful as (

    select
        record_key as left_key,
        other_key as right_key,
        'match' as link_kind,
        blocking_rule as rule_id,
        match_weight,
        'below the threshold' as refusal_reason
    from {{ ref('int_customer_match_pairs_current') }}
    where match_weight < {{ var('match_weight_threshold') }}

),

links as (

    select * from refused
    union all
    select * from doubtful

),

records as (

    select * from {{ ref('int_customer_records_resolved') }}

),

final as (

    select
        links.left_key as record_key,
        links.right_key as other_record_key,
        links.link_kind,
        links.rule_id,
        links.match_weight,
        links.refusal_reason,
        records.customer_id,
        other_records.customer_id as other_customer_id,
        records.given_name,
        other_records.given_name as other_given_name,
        records.surname,
        other_records.surname as other_surname,
        records.email,
        other_records.email as other_email,
        records.account_number,
        other_records.account_number as other_account_number
    from links
    inner join records
        on links.left_key = records.record_key
    inner join records as other_records
        on links.right_key = other_records.record_key
    where records.customer_id <> other_records.customer_id

)

select * from final
