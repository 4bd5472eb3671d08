{%- set features = var('example_features') -%}

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
        '{{ model_name }}' as model_name,
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

recipes as (

    select
        schedule.model_name,
        schedule.model_version,
        schedule.trained_at,
        'train_' || schedule.model_name || '__examples' as examples,
        cast(schedule.trained_at as {{ dbt.type_string() }}) as known_until,
        {{ millwright.literal(tojson(features)) }} as features,
        {{ millwright.versions_in_use(features) }} as feature_versions,
        'train, valid' as data_splits,
        {{ millwright.literal('customers by hash, salt ' ~ var('split_salt') ~ ', shares ' ~ var('split_shares')) }} as split_by,
        count(examples.row_hash) as n_rows,
        cast(sum(examples.row_hash) as bigint) as rows_hash
    from schedule
    left join examples
        on
            schedule.model_name = examples.model_name
            and schedule.trained_at >= examples.label_known_at
            and (schedule.trained_at < examples.label_superseded_at or examples.label_superseded_at is null)
    group by
        schedule.model_name,
        schedule.model_version,
        schedule.trained_at

),

written as (

    select
        *,
        {{ millwright.json_object(['examples', 'known_until', 'features', 'feature_versions', 'data_splits', 'split_by']) }} as recipe
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
