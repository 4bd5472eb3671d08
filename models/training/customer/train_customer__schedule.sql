with

snapshots as (

    select * from {{ ref('int_snapshots') }}

),

matured as (

    select
        snapshot_at,
        min(matures_at) as matured_at
    from {{ ref('train_customer__spine') }}
    where is_mature
    group by snapshot_at

),

splits as (

    select * from {{ ref('train_customer__splits') }}
    where data_split in ('train', 'valid')

),

labels as (

    select * from {{ ref('train_customer__labels') }}

),

-- How many classes there are to learn of: the tiers, both values of each label, and something or nothing spent.
classes as (

    select
        'repurchase' as model_name,
        2 as n_classes

    union all

    select
        'value_tier' as model_name,
        count(*) as n_classes
    from {{ ref('value_bands') }}
    where band_set = 'value_tier'

    union all

    select
        'active_months' as model_name,
        6 as n_classes

    union all

    select
        'spend' as model_name,
        2 as n_classes

),

first_known as (

    select
        labels.model_name,
        splits.data_split,
        labels.label,
        labels.actual_class,
        min(labels.label_known_at) as known_at
    from labels
    inner join splits
        on labels.customer_id = splits.customer_id
    group by
        labels.model_name,
        splits.data_split,
        labels.label,
        labels.actual_class

),

-- Every class must be known among the customers to fit on and among those to choose settings on.
learnable as (

    select
        first_known.model_name,
        max(first_known.known_at) as learnable_at
    from first_known
    inner join classes
        on first_known.model_name = classes.model_name
    group by
        first_known.model_name,
        classes.n_classes
    having count(*) = 2 * classes.n_classes

),

-- A challenger is due whenever its baseline is.
models as (

    select
        model_name as task_name,
        model_name,
        learnable_at
    from learnable

    union all

    select
        model_name as task_name,
        model_name || '_challenger' as model_name,
        learnable_at
    from learnable
    where model_name in ('{{ var("challenged_tasks") | join("', '") }}')

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
        models.model_name,
        models.task_name,
        cast(extract(year from counted.trained_at) as integer)
        || '.' || cast(extract(month from counted.trained_at) as integer) || '.0' as model_version,
        counted.trained_at,
        counted.n_snapshots
    from counted
    inner join models
        on counted.trained_at >= models.learnable_at
    where counted.n_snapshots >= {{ var('training_min_snapshots') }}

)

select * from final
