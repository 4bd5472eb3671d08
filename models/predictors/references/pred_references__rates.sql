{%- set float8 = millwright.sql_type('float8') -%}

with

schedule as (

    select * from {{ ref('train_customer__schedule') }}
    where model_name = task_name

),

examples as (

    select
        customer_id,
        snapshot_at,
        {{ millwright.recency_band('recency_days') }} as recency_band
    from {{ ref('train_customer__examples') }}

),

customers as (

    select customer_id
    from {{ ref('train_customer__splits') }}
    where data_split = 'train'

),

labels as (

    select * from {{ ref('train_customer__labels') }}

),

revisions as (

    select
        labels.model_name as task_name,
        labels.customer_id,
        labels.snapshot_at,
        labels.label,
        -- Of spend it is the dollars that are learnt, not whether there are any.
        case when labels.amount is null then labels.actual_class else 'amount' end as actual_class,
        coalesce(labels.amount, 1) as amount,
        labels.label_known_at,
        lead(labels.label_known_at) over (
            partition by labels.model_name, labels.customer_id, labels.snapshot_at, labels.label
            order by labels.label_revision
        ) as label_superseded_at
    from labels
    inner join customers
        on labels.customer_id = customers.customer_id

),

-- A few rows for each moment of knowledge, so that no version has to look at the examples.
counted as (

    select
        revisions.task_name,
        revisions.label,
        revisions.actual_class,
        examples.recency_band,
        revisions.label_known_at,
        revisions.label_superseded_at,
        count(*) as n_rows,
        sum(revisions.amount) as amount
    from revisions
    inner join examples
        on
            revisions.customer_id = examples.customer_id
            and revisions.snapshot_at = examples.snapshot_at
    group by
        revisions.task_name,
        revisions.label,
        revisions.actual_class,
        examples.recency_band,
        revisions.label_known_at,
        revisions.label_superseded_at

),

known as (

    select
        schedule.task_name,
        schedule.model_version,
        counted.label,
        counted.actual_class,
        counted.recency_band,
        sum(counted.n_rows) as n_rows,
        sum(counted.amount) as amount
    from schedule
    inner join counted
        on
            schedule.task_name = counted.task_name
            and schedule.trained_at >= counted.label_known_at
            and (schedule.trained_at < counted.label_superseded_at or counted.label_superseded_at is null)
    group by
        schedule.task_name,
        schedule.model_version,
        counted.label,
        counted.actual_class,
        counted.recency_band

),

constants as (

    select
        task_name,
        model_version,
        label,
        actual_class,
        sum(amount) / sum(sum(n_rows)) over (partition by task_name, model_version, label) as constant_value
    from known
    group by
        task_name,
        model_version,
        label,
        actual_class

),

bands as (

    select
        known.task_name,
        known.model_version,
        known.label,
        numbers.recency_band,
        sum(case when known.recency_band = numbers.recency_band then known.n_rows else 0 end) as n_rows
    from known
    cross join (
        values {% for band in range(13) %}({{ band }}){% if not loop.last %}, {% endif %}{% endfor %}
    ) as numbers (recency_band)
    group by
        known.task_name,
        known.model_version,
        known.label,
        numbers.recency_band

),

-- Every band counts one row more, shared out as among all rows, so that what a band has not seen is not impossible.
final as (

    select
        constants.task_name,
        constants.model_version,
        constants.label,
        constants.actual_class,
        bands.recency_band,
        cast(bands.n_rows as bigint) as n_rows,
        cast(constants.constant_value as {{ float8 }}) as constant_value,
        cast((coalesce(known.amount, 0) + constants.constant_value) / (bands.n_rows + 1) as {{ float8 }}) as recency_value
    from constants
    inner join bands
        on
            constants.task_name = bands.task_name
            and constants.model_version = bands.model_version
            and constants.label = bands.label
    left join known
        on
            constants.task_name = known.task_name
            and constants.model_version = known.model_version
            and constants.label = known.label
            and constants.actual_class = known.actual_class
            and bands.recency_band = known.recency_band

)

select * from final
