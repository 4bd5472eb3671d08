with

records as (

    select * from {{ ref('int_customer_records_merged') }}

),

links as (

    select * from {{ ref('int_customer_links_decided') }}

),

priorities as (

    select * from {{ ref('source_priorities') }}

),

linked_records as (

    select
        left_key as record_key,
        left_cluster as cluster_key,
        link_kind,
        rule_id,
        is_accepted,
        match_weight
    from links

    union all

    select
        right_key as record_key,
        right_cluster as cluster_key,
        link_kind,
        rule_id,
        is_accepted,
        match_weight
    from links

),

-- What holds a record to its customer, the strongest reason first.
reasons as (

    {{ millwright.deduplicate(
        'linked_records',
        partition_by=['record_key'],
        order_by=[
            'case when is_accepted then 1 else 2 end',
            "case link_kind when 'steward' then 1 when 'same' then 2 else 3 end",
            'match_weight desc nulls last',
            millwright.bytewise('rule_id'),
        ]
    ) }}

),

clustered as (

    select
        records.*,
        priorities.priority,
        priorities.id_rank,
        coalesce(reasons.cluster_key, records.record_key) as cluster_key,
        case
            when reasons.is_accepted and reasons.link_kind = 'match' then 'match'
            when reasons.is_accepted then reasons.rule_id
            else 'alone'
        end as link_rule
    from records
    left join priorities
        on records.source_system = priorities.source_system
    left join reasons
        on records.record_key = reasons.record_key

),

-- A customer is named after the record that was known first; a shop's customer, whom facts are already about, after the account.
final as (

    select
        record_key,
        source_system,
        source_record_id,
        first_value(record_key) over (
            partition by cluster_key
            order by id_rank, first_known_at, priority, {{ millwright.bytewise('record_key') }}
        ) as customer_id,
        priority,
        link_rule,
        account_number,
        email,
        phone,
        given_name,
        surname,
        birth_on,
        street,
        postcode,
        city,
        state,
        content_hash,
        is_deleted,
        event_at,
        first_known_at,
        known_at
    from clustered

)

select * from final
