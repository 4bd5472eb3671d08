with

edges as (

    {{ millwright.deduplicate(
        ref('stg_ops__run_edges'),
        partition_by=['run_id', 'source_id', 'target_id'],
        order_by=['recorded_at desc', millwright.bytewise('invocation_id')]
    ) }}

),

final as (

    select
        run_id,
        source_id,
        split_part(source_id, '.', 1) as source_type,
        case
            when source_id like 'source.%' then split_part(source_id, '.', 3) || '.' || split_part(source_id, '.', 4)
            else split_part(source_id, '.', 3)
        end as source_name,
        target_id,
        split_part(target_id, '.', 3) as target_name,
        n_source_rows,
        n_target_rows,
        recorded_at
    from edges

)

select * from final
