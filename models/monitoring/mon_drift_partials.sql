{{ millwright.depends_on_feature_groups() }}
-- depends_on: {{ ref('stg_ops__model_features') }}
{%- set groups = millwright.watched_groups(ref('stg_ops__model_features')) %}
{%- set n_edges = millwright.most_edges(ref('mon_drift_references')) %}
{%- if is_incremental() %}
{%- set read_after = millwright.read_after('known_at') %}
{%- endif %}

with

bins as (

    select
        *,
        model_version as reference_version
    from {{ ref('mon_drift_references') }}

),

pinned as (

    select * from {{ ref('drift_references') }}

),

logged as (

    select
        *,
        cast({{ dbt.date_trunc('day', 'event_at') }} as timestamp) as day_starts_at
    from {{ ref('eval_predictions') }}

),

days as (

    select distinct
        model_name,
        model_version,
        cast({{ dbt.date_trunc('day', 'hour_starts_at') }} as timestamp) as day_starts_at
    from {{ ref('eval_hours') }}

),

versions as (

    select distinct
        model_name,
        model_version
    from days

),

features_of_references as (

    select distinct
        model_name,
        reference_version,
        feature_group,
        feature
    from bins

),

-- Every version is compared with its own reference and with those that are pinned.
compared as (

    select
        versions.model_name,
        versions.model_version,
        referred.reference_version,
        referred.feature_group,
        referred.feature
    from versions
    inner join features_of_references as referred
        on versions.model_name = referred.model_name
    left join pinned
        on
            referred.model_name = pinned.model_name
            and referred.reference_version = pinned.reference_version
    where
        referred.reference_version = versions.model_version
        or pinned.model_name is not null

),
{%- if is_incremental() %}

-- Days that a prediction came for, and all days of what has a reference since.
changed as (

    select distinct
        model_name,
        model_version,
        day_starts_at
    from logged
    where known_at > {{ read_after }}

),

held as (

    select distinct
        model_name,
        model_version,
        reference_version,
        feature_group,
        feature
    from {{ this }}

),

unheard_of as (

    select distinct
        compared.model_name,
        compared.model_version,
        compared.reference_version
    from compared
    left join held
        on
            compared.model_name = held.model_name
            and compared.model_version = held.model_version
            and compared.reference_version = held.reference_version
            and compared.feature_group = held.feature_group
            and compared.feature = held.feature
    where held.model_name is null

),
{%- endif %}

due as (
    {%- if is_incremental() %}

    select distinct
        compared.model_name,
        compared.model_version,
        compared.reference_version,
        changed.day_starts_at
    from compared
    inner join changed
        on
            compared.model_name = changed.model_name
            and compared.model_version = changed.model_version

    union

    select
        unheard_of.model_name,
        unheard_of.model_version,
        unheard_of.reference_version,
        days.day_starts_at
    from unheard_of
    inner join days
        on
            unheard_of.model_name = days.model_name
            and unheard_of.model_version = days.model_version
    {%- else %}

    select distinct
        compared.model_name,
        compared.model_version,
        compared.reference_version,
        days.day_starts_at
    from compared
    inner join days
        on
            compared.model_name = days.model_name
            and compared.model_version = days.model_version
    {%- endif %}

),

due_days as (

    select distinct
        model_name,
        model_version,
        day_starts_at
    from due

),

predictions as (

    select
        logged.model_name,
        logged.model_version,
        logged.entity_id,
        logged.event_at,
        logged.known_at,
        logged.day_starts_at,
        logged.score,
        logged.predicted_class,
        logged.predicted_value
    from logged
    inner join due_days
        on
            logged.model_name = due_days.model_name
            and logged.model_version = due_days.model_version
            and logged.day_starts_at = due_days.day_starts_at

),

wanted as (

    select distinct
        model_name,
        model_version,
        feature_group,
        feature
    from compared
    where feature_group <> '(prediction)'

),

watched as (

    {{ millwright.watched_values(
        'predictions', 'wanted', groups, carried=['model_name', 'model_version', 'day_starts_at', 'known_at']
    ) }}

),

said as (

    {{ millwright.predicted_values('predictions', carried=['model_name', 'model_version', 'day_starts_at', 'known_at']) }}

),

valued as (

    select
        united.model_name,
        united.model_version,
        compared.reference_version,
        united.day_starts_at,
        united.known_at,
        united.feature_group,
        united.feature,
        united.kind,
        {{ millwright.measurable('united.number_value') }} as number_value,
        united.text_value
    from (
        select * from watched

        union all

        select * from said
    ) as united
    inner join compared
        on
            united.model_name = compared.model_name
            and united.model_version = compared.model_version
            and united.feature_group = compared.feature_group
            and united.feature = compared.feature
    inner join due
        on
            compared.model_name = due.model_name
            and compared.model_version = due.model_version
            and compared.reference_version = due.reference_version
            and united.day_starts_at = due.day_starts_at

),

numbers as (

    select * from valued
    where kind = 'number'

),

placed as (

    {{ millwright.placed_in_bins('numbers', 'bins', ['model_name', 'reference_version', 'feature_group', 'feature'], n_edges) }}

),

placed_categories as (

    select
        valued.*,
        case
            when valued.text_value is null then 0
            else coalesce(bins.bin_number, -1)
        end as bin_number
    from valued
    left join bins
        on
            valued.model_name = bins.model_name
            and valued.reference_version = bins.reference_version
            and valued.feature_group = bins.feature_group
            and valued.feature = bins.feature
            and valued.text_value = bins.category
    where valued.kind = 'category'

),

final as (

    select
        model_name,
        model_version,
        reference_version,
        feature_group,
        feature,
        day_starts_at,
        bin_number,
        text_value as category,
        count(*) as n,
        sum(number_value) as total,
        max(known_at) as known_at
    from (
        select * from placed

        union all

        select * from placed_categories
    ) as counted
    group by
        model_name,
        model_version,
        reference_version,
        feature_group,
        feature,
        day_starts_at,
        bin_number,
        text_value

)

select * from final
