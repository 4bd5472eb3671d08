with

-- The shop knows neither of its customers.
unioned as (

    select
        record_key,
        source_system,
        event_at,
        known_at as valid_from,
        is_deleted,
        email,
        birth_on
    from {{ ref('int_customer_deliveries_unioned') }}
    where source_system <> 'shop'

),
{%- if is_incremental() %}

watermarks as (

    {{ millwright.read_after_by('source_system', 'valid_from') }}

),

deliveries as (

    select unioned.*
    from unioned
    left join watermarks
        on unioned.source_system = watermarks.source_system
    where unioned.valid_from > watermarks.read_after or watermarks.read_after is null

),
{%- else %}

deliveries as (

    select * from unioned

),
{%- endif %}

versions as (

    select * from deliveries
    {%- if is_incremental() %}

    union

    select
        held.record_key,
        held.source_system,
        held.event_at,
        held.valid_from,
        held.is_deleted,
        held.email,
        held.birth_on
    from {{ this }} as held
    where exists (
        select 1
        from deliveries
        where deliveries.record_key = held.record_key
    )
    {%- endif %}

),

-- The newest change wins, whenever it arrives: what is older than something that was known already never counted.
ordered as (

    select
        *,
        max(event_at) over (
            partition by record_key
            order by valid_from, event_at, is_deleted, {{ millwright.bytewise('email') }}, birth_on
            rows between unbounded preceding and current row
        ) as newest_event_at,
        row_number() over (
            partition by record_key, valid_from
            order by event_at desc, is_deleted desc, {{ millwright.bytewise('email') }} desc nulls last, birth_on desc nulls last
        ) as place_of_moment
    from versions

),

final as (

    select
        record_key,
        source_system,
        event_at,
        valid_from,
        lead(valid_from) over (
            partition by record_key
            order by valid_from
        ) as valid_to,
        is_deleted,
        email,
        birth_on
    from ordered
    where
        event_at = newest_event_at
        and place_of_moment = 1

)

select * from final
