with

newest as (

    select * from {{ ref('stg_shop__purchases_changes') }}
    union all
    select * from {{ ref('stg_crm__customers_changes') }}
    union all
    select * from {{ ref('stg_erp__customers_changes') }}
    union all
    select * from {{ ref('stg_marketing__contacts_changes') }}
    union all
    select * from {{ ref('stg_support__tickets_changes') }}

),

committed as (

    select * from {{ ref('stg_ops__source_watermarks') }}

),

-- The log says of each run what the newest run's tables say of it, once its work is done.
uncommitted as (

    select newest.*
    from newest
    left join committed
        on
            newest.source_name = committed.source_name
            and newest.table_name = committed.table_name
            and newest.revision = committed.revision
            and newest.run_id = committed.run_id
    where committed.run_id is null

),

together as (

    select
        committed.*,
        true as is_committed
    from committed

    union all

    select
        uncommitted.*,
        false as is_committed
    from uncommitted

),

final as (

    select
        source_name,
        table_name,
        revision,
        method,
        column_names,
        previous_watermark,
        watermark,
        counted_from,
        n_counted,
        checksum,
        n_rows_read,
        n_changed_rows,
        has_changed,
        as_of,
        known_at,
        run_id,
        is_committed
    from together

)

select * from final
