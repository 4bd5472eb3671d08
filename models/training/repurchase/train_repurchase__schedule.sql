with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

matured as (

    select
        snapshot_at,
        min(label_known_at) as matured_at
    from {{ ref('train_repurchase__labels') }}
    where label_revision = 1
    group by snapshot_at

),

-- Both classes must be known among the customers to fit on and among those to choose the threshold on.
learnable as (

    select max(known_at) as learnable_at
    from (
        select min(label_known_at) as known_at
        from {{ ref('train_repurchase__examples') }}
        where data_split in ('train', 'valid')
        group by
            data_split,
            label
    ) as first_examples
    having count(*) = 4

),

counted as (

    select
        snapshots.snapshot_at as trained_at,
        count(*) as n_snapshots
    from snapshots
    inner join matured
        on snapshots.snapshot_at >= matured.matured_at
    group by snapshots.snapshot_at

),

final as (

    select
        cast(extract(year from counted.trained_at) as integer)
        || '.' || cast(extract(month from counted.trained_at) as integer) || '.0' as model_version,
        counted.trained_at,
        counted.n_snapshots
    from counted
    inner join learnable
        on counted.trained_at >= learnable.learnable_at
    where counted.n_snapshots >= {{ var('repurchase_min_snapshots') }}

)

select * from final
