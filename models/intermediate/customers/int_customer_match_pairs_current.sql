with

pairs as (

    select * from {{ ref('int_customer_match_pairs') }}
    where other_key is not null

),

records as (

    select * from {{ ref('int_customer_records_merged') }}

),

newest_version as (

    select match_version
    from {{ ref('int_customer_match_schedule') }}
    order by fitted_at desc
    limit 1

),

-- A pair counts while both records still say what they said when they were compared.
unchanged as (

    select
        pairs.match_version,
        pairs.record_key,
        pairs.other_key,
        pairs.match_weight,
        pairs.match_probability,
        pairs.blocking_rule,
        pairs.matched_at
    from pairs
    inner join newest_version
        on pairs.match_version = newest_version.match_version
    inner join records
        on
            pairs.record_key = records.record_key
            and pairs.record_hash = records.content_hash
    inner join records as other_records
        on
            pairs.other_key = other_records.record_key
            and pairs.other_hash = other_records.content_hash

),

-- A record that returned to an earlier content was compared again.
final as (

    {{ millwright.deduplicate(
        'unchanged',
        partition_by=['record_key', 'other_key'],
        order_by=['matched_at desc', millwright.bytewise('blocking_rule')],
        null_keys='dropped'
    ) }}

)

select
    match_version,
    record_key,
    other_key,
    match_weight,
    match_probability,
    blocking_rule,
    matched_at
from final
