{%- set features = var('example_features') -%}
{%- set sample = {'rows_per_class': var('challenger_rows_per_class'), 'salt': var('challenger_salt')} -%}

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

examples as (
    {%- for model_name, labels in var('task_labels').items() %}

    select
        '{{ model_name }}' as task_name,
        label_known_at,
        label_superseded_at,
        {{ millwright.training_row_hash(labels) | indent(8) }} as row_hash
    from {{ ref('train_' ~ model_name ~ '__examples') }}
    where data_split in ('train', 'valid')
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

sampled_examples as (

    select * from {{ ref('train_customer__sampled_examples') }}

),

trained_on as (

    select
        schedule.model_name,
        schedule.model_version,
        examples.row_hash
    from schedule
    inner join examples
        on
            schedule.model_name = examples.task_name
            and schedule.trained_at >= examples.label_known_at
            and (schedule.trained_at < examples.label_superseded_at or examples.label_superseded_at is null)

    union all

    select
        model_name,
        model_version,
        row_hash
    from sampled_examples

),

recipes as (

    select
        schedule.model_name,
        schedule.model_version,
        schedule.trained_at,
        'train_' || schedule.task_name || '__examples' as examples,
        cast(schedule.trained_at as {{ dbt.type_string() }}) as known_until,
        {{ millwright.literal(tojson(features)) }} as features,
        {{ millwright.versions_in_use(features) }} as feature_versions,
        'train, valid' as data_splits,
        {{ millwright.literal('customers by hash, salt ' ~ var('split_salt') ~ ', shares ' ~ var('split_shares')) }} as split_by,
        case when schedule.model_name <> schedule.task_name then {{ millwright.literal(tojson(sample)) }} end as sample, -- noqa: RF04
        count(trained_on.row_hash) as n_rows,
        cast(sum(trained_on.row_hash) as bigint) as rows_hash
    from schedule
    left join trained_on
        on
            schedule.model_name = trained_on.model_name
            and schedule.model_version = trained_on.model_version
    group by
        schedule.model_name,
        schedule.model_version,
        schedule.trained_at,
        schedule.task_name

),

written as (

    select
        *,
        {{ millwright.json_object(['examples', 'known_until', 'features', 'feature_versions', 'data_splits', 'split_by', 'sample']) }} as recipe
    from recipes

),

final as (

    select
        md5(recipe) as recipe_hash,
        model_name,
        model_version,
        recipe,
        n_rows,
        rows_hash,
        trained_at as event_at,
        trained_at as known_at
    from written

)

select * from final
