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

jobs as (

    select * from {{ ref('stg_ops__retraining_jobs') }}
    where
        status = 'running'
        and event_at <= {{ millwright.as_of() }}

),

-- All models once a month, and one of them whenever a retraining job begins; one that begins with the month asks for what is due anyway.
moments as (

    select
        models.model_name,
        models.task_name,
        snapshots.snapshot_at as trained_at
    from models
    inner join snapshots
        on models.learnable_at <= snapshots.snapshot_at

    union

    select
        models.model_name,
        models.task_name,
        jobs.event_at as trained_at
    from models
    inner join jobs
        on
            models.model_name = jobs.model_name
            and models.learnable_at <= jobs.event_at

),

counted as (

    select
        moments.model_name,
        moments.task_name,
        moments.trained_at,
        count(*) as n_snapshots
    from moments
    inner join matured
        on moments.trained_at >= matured.matured_at
    group by
        moments.model_name,
        moments.task_name,
        moments.trained_at

),

due as (

    select
        *,
        row_number() over (
            partition by model_name, extract(year from trained_at), extract(month from trained_at)
            order by trained_at
        ) - 1 as number_in_month
    from counted
    where n_snapshots >= {{ var('training_min_snapshots') }}

),

final as (

    select
        model_name,
        task_name,
        cast(extract(year from trained_at) as integer)
        || '.' || cast(extract(month from trained_at) as integer)
        || '.' || number_in_month as model_version,
        trained_at,
        n_snapshots
    from due

)

select * from final
