{%- set fields = [
    'account_number', 'email', 'phone', 'given_name', 'surname', 'birth_on', 'street', 'postcode', 'city', 'state', 'content_hash'
] -%}

with

unioned as (

    select * from {{ ref('int_customer_deliveries_unioned') }}

),

{%- if is_incremental() %}

held as (

    select * from {{ this }}

),

watermarks as (

    {{ millwright.read_after_by('source_system', 'last_delivered_at') }}

),

deliveries as (

    select unioned.*
    from unioned
    left join watermarks
        on unioned.source_system = watermarks.source_system
    where unioned.known_at > watermarks.read_after or watermarks.read_after is null

),

held_records as (

    select * from held
    where exists (
        select 1
        from deliveries
        where deliveries.record_key = held.record_key
    )

),
{%- else %}

deliveries as (

    select * from unioned

),
{%- endif %}

versions as (

    select
        record_key,
        event_at,
        {{ fields | join(',\n        ') }},
        known_at
    from deliveries
    where not is_deleted
    {%- if is_incremental() %}

    union all

    select
        record_key,
        event_at,
        {{ fields | join(',\n        ') }},
        known_at
    from held_records
    where event_at is not null
    {%- endif %}

),

-- The newest change wins, whenever it arrived; of changes at one moment the one that was delivered last.
newest as (

    {{ millwright.deduplicate(
        'versions',
        partition_by=['record_key'],
        order_by=['event_at desc', 'known_at desc', 'content_hash'],
        null_keys='dropped'
    ) }}

),

-- A deleted record keeps what was last said of it, so that it stays with its customer.
records as (

    select
        record_key,
        source_system,
        source_record_id,
        min(first_known_at) as first_known_at,
        max(last_delivered_at) as last_delivered_at,
        max(deleted_at) as deleted_at
    from (
        select
            record_key,
            source_system,
            source_record_id,
            known_at as first_known_at,
            known_at as last_delivered_at,
            case when is_deleted then event_at end as deleted_at
        from deliveries
        {%- if is_incremental() %}

        union all

        select
            record_key,
            source_system,
            source_record_id,
            first_known_at,
            last_delivered_at,
            deleted_at
        from held_records
        {%- endif %}
    ) as sightings
    group by
        record_key,
        source_system,
        source_record_id

),

final as (

    select
        records.record_key,
        records.source_system,
        records.source_record_id,
        newest.account_number,
        newest.email,
        newest.phone,
        newest.given_name,
        newest.surname,
        newest.birth_on,
        newest.street,
        newest.postcode,
        newest.city,
        newest.state,
        coalesce(newest.content_hash, md5('')) as content_hash,
        coalesce(records.deleted_at >= newest.event_at, records.deleted_at is not null) as is_deleted,
        newest.event_at,
        newest.known_at,
        records.deleted_at,
        records.first_known_at,
        records.last_delivered_at
    from records
    left join newest
        on records.record_key = newest.record_key

)

select * from final
