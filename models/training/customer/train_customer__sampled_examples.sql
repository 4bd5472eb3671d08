{%- set names = var('example_features').values() | sum(start=[]) -%}

with

schedule as (

    select * from {{ ref('train_customer__schedule') }} as due
    {%- if is_incremental() %}
    where not exists (
        select 1
        from {{ this }} as held
        where
            held.model_name = due.model_name
            and held.model_version = due.model_version
    )
    {%- endif %}

),

tasks as (
    {%- for task in var('challenged_tasks') %}

    select
        '{{ task }}' as task_name,
        examples.customer_id,
        examples.snapshot_at,
        examples.data_split,
        examples.label,
        examples.label_known_at,
        examples.label_superseded_at,
        {{ millwright.key_text(['customer_id', 'snapshot_at'], 'examples') }} as example_key
    from {{ ref('train_' ~ task ~ '__examples') }} as examples
    where examples.data_split in ('train', 'valid')
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- Rows stand here once for every version that knows them; one text each for key and stratum makes the sample twice as fast.
known as (

    select
        schedule.model_name,
        schedule.model_version,
        schedule.trained_at,
        tasks.customer_id,
        tasks.snapshot_at,
        tasks.data_split,
        tasks.label,
        tasks.example_key,
        schedule.model_name || ':' || schedule.model_version || ':' || tasks.data_split || ':' || tasks.label as stratum
    from schedule
    inner join tasks
        on
            schedule.task_name = tasks.task_name
            and schedule.trained_at >= tasks.label_known_at
            and (schedule.trained_at < tasks.label_superseded_at or tasks.label_superseded_at is null)
    where schedule.model_name <> schedule.task_name

),

sampled as (

    {{ millwright.stratified_sample(
        'known', strata='stratum', key='example_key', cap=var('challenger_rows_per_class'), salt=var('challenger_salt')
    ) | indent(4) }}

),

examples as (

    select * from {{ ref('train_customer__examples') }}

),

joined as (

    select
        sampled.model_name,
        sampled.model_version,
        sampled.trained_at,
        sampled.customer_id,
        sampled.snapshot_at,
        sampled.data_split,
        sampled.label,
        sampled.n_in_stratum,
        sampled.n_sampled,
        sampled.sample_weight,
        {%- for name in names %}
        examples.{{ name }},
        {%- endfor %}
        examples.example_hash
    from sampled
    inner join examples
        on
            sampled.customer_id = examples.customer_id
            and sampled.snapshot_at = examples.snapshot_at

),

final as (

    select
        *,
        {{ millwright.training_row_hash(['label', 'n_in_stratum', 'n_sampled']) | indent(8) }} as row_hash
    from joined

)

select * from final
