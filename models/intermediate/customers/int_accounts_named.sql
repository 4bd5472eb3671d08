with

namings as (

    select
        'shop' as named_by,
        account_number,
        event_at,
        known_at
    from {{ ref('stg_shop__purchases') }}

    union all

    select
        'crm' as named_by,
        account_number,
        event_at,
        known_at
    from {{ ref('stg_crm__customers') }}

    union all

    select
        'erp' as named_by,
        account_number,
        event_at,
        known_at
    from {{ ref('stg_erp__customers') }}

),

{%- if is_incremental() %}

watermarks as (

    {{ millwright.read_after_by('named_by', 'known_at') }}

),

new_namings as (

    select namings.*
    from namings
    left join watermarks
        on namings.named_by = watermarks.named_by
    where namings.known_at > watermarks.read_after or watermarks.read_after is null

),
{%- else %}

new_namings as (

    select * from namings

),
{%- endif %}

final as (

    select
        named_by,
        account_number,
        known_at,
        max(event_at) as event_at
    from new_namings
    where account_number is not null
    group by
        named_by,
        account_number,
        known_at

)

select * from final
