-- Feature schemas reach the landing table while this runs:
-- depends_on: {{ ref('pred_repurchase__features') }}
{{ millwright.depends_on_feature_groups() }}
{%- set schemas = ref('stg_ops__model_features') %}
{%- set float8 = millwright.sql_type('float8') %}
{%- set groups = millwright.watched_groups(schemas) %}
{%- set n_bins = var('drift_n_bins') %}
{%- set version = ['model_name', 'model_version'] %}
{%- set feature = version + ['feature_group', 'feature'] %}

with

schemas as (

    select distinct
        model_name,
        model_version,
        feature_group,
        feature
    from {{ schemas }}

),

schedule as (

    select * from {{ ref('train_customer__schedule') }}

),

spine as (

    select * from {{ ref('train_customer__spine') }}

),

splits as (

    select * from {{ ref('train_customer__splits') }}

),

logged as (

    select * from {{ ref('eval_predictions') }}

),
{%- if is_incremental() %}

held as (

    select distinct
        model_name,
        model_version,
        feature_group,
        feature
    from {{ this }}

),
{%- endif %}

wanted as (

    select schemas.*
    from schemas
    {%- if is_incremental() %}
    left join held
        on
            schemas.model_name = held.model_name
            and schemas.model_version = held.model_version
            and schemas.feature_group = held.feature_group
            and schemas.feature = held.feature
    where held.model_name is null
    {%- endif %}

),

-- By when predictions were known, so that one that comes late does not change what was fitted.
first_known as (

    select
        model_name,
        model_version,
        min(known_at) + interval '{{ var("drift_reference_days") }}' day as ends_at
    from logged
    group by
        model_name,
        model_version

),

-- Nothing of the period can become visible any more.
closed as (

    select * from first_known
    where ends_at + interval '{{ var("late_load_days") }}' day <= {{ millwright.as_of() }}

),

predictions as (

    select
        logged.model_name,
        logged.model_version,
        logged.entity_id,
        logged.event_at,
        logged.score,
        logged.predicted_class,
        logged.predicted_value,
        closed.ends_at as fitted_at
    from logged
    inner join closed
        on
            logged.model_name = closed.model_name
            and logged.model_version = closed.model_version
            and logged.known_at < closed.ends_at

),

due as (

    select distinct
        model_name,
        model_version
    from wanted

),

-- What the project's own versions were fitted on; of others nobody knows but what they predicted on.
moments as (

    select
        schedule.model_name,
        schedule.model_version,
        spine.customer_id as entity_id,
        spine.snapshot_at as event_at,
        'training' as fitted_on,
        schedule.trained_at as fitted_at
    from schedule
    inner join due
        on
            schedule.model_name = due.model_name
            and schedule.model_version = due.model_version
    inner join spine
        on schedule.trained_at >= spine.matures_at
    inner join splits
        on spine.customer_id = splits.customer_id
    where splits.data_split = 'train'

    union all

    select
        predictions.model_name,
        predictions.model_version,
        predictions.entity_id,
        predictions.event_at,
        'predictions' as fitted_on,
        predictions.fitted_at
    from predictions
    inner join due
        on
            predictions.model_name = due.model_name
            and predictions.model_version = due.model_version
    left join schedule
        on
            predictions.model_name = schedule.model_name
            and predictions.model_version = schedule.model_version
    where schedule.model_name is null

),

predicted as (

    select
        predictions.*,
        'predictions' as fitted_on
    from predictions
    {%- if is_incremental() %}
    left join (select distinct model_name, model_version from held where feature_group = '(prediction)') as held
        on
            predictions.model_name = held.model_name
            and predictions.model_version = held.model_version
    where held.model_name is null
    {%- endif %}

),

watched as (

    {{ millwright.watched_values('moments', 'wanted', groups, carried=version + ['fitted_on', 'fitted_at']) }}

),

said as (

    {{ millwright.predicted_values('predicted', carried=version + ['fitted_on', 'fitted_at']) }}

),

valued as (

    select
        model_name,
        model_version,
        fitted_on,
        fitted_at,
        feature_group,
        feature,
        kind,
        {{ millwright.measurable('number_value') }} as number_value,
        text_value
    from (
        select * from watched

        union all

        select * from said
    ) as united

),

-- A version says a class or a number, with a score or without.
features as (

    select
        model_name,
        model_version,
        feature_group,
        feature,
        min(kind) as kind,
        min(fitted_on) as fitted_on,
        min(fitted_at) as fitted_at
    from valued
    group by
        model_name,
        model_version,
        feature_group,
        feature
    having
        feature_group <> '(prediction)'
        or count(number_value) + count(text_value) > 0

),

numbers as (

    select * from valued
    where kind = 'number'

),

edges as (

    {{ millwright.bin_edges('numbers', 'number_value', n_bins, 'quantile', by=feature) }}

),

numeric_features as (

    select * from features
    where kind = 'number'

),

bins as (

    {{ millwright.open_bins('numeric_features', 'edges', feature) }}

),

placed as (

    {{ millwright.placed_in_bins('numbers', 'bins', feature, n_bins) }}

),

numbers_per_bin as (

    select
        model_name,
        model_version,
        feature_group,
        feature,
        bin_number,
        count(*) as n,
        sum(number_value) as total
    from placed
    group by
        model_name,
        model_version,
        feature_group,
        feature,
        bin_number

),

rows_per_category as (

    select
        model_name,
        model_version,
        feature_group,
        feature,
        text_value as category,
        count(*) as n
    from valued
    where
        kind = 'category'
        and text_value is not null
    group by
        model_name,
        model_version,
        feature_group,
        feature,
        text_value

),

categories as (

    select
        *,
        least(
            row_number() over (
                partition by model_name, model_version, feature_group, feature
                order by n desc, {{ millwright.bytewise('category') }}
            ),
            {{ var('drift_max_categories') }} + 1
        ) as bin_number
    from rows_per_category

),

missing as (

    select
        model_name,
        model_version,
        feature_group,
        feature,
        count(*) as n
    from valued
    where
        number_value is null
        and text_value is null
    group by
        model_name,
        model_version,
        feature_group,
        feature

),

counted as (

    select
        bins.model_name,
        bins.model_version,
        bins.feature_group,
        bins.feature,
        bins.bin_number,
        cast(null as {{ dbt.type_string() }}) as category,
        bins.lower_bound,
        bins.upper_bound,
        coalesce(numbers_per_bin.n, 0) as n,
        numbers_per_bin.total
    from bins
    left join numbers_per_bin
        on
            bins.model_name = numbers_per_bin.model_name
            and bins.model_version = numbers_per_bin.model_version
            and bins.feature_group = numbers_per_bin.feature_group
            and bins.feature = numbers_per_bin.feature
            and bins.bin_number = numbers_per_bin.bin_number

    union all

    select
        model_name,
        model_version,
        feature_group,
        feature,
        bin_number,
        category,
        cast(null as {{ float8 }}) as lower_bound,
        cast(null as {{ float8 }}) as upper_bound,
        n,
        cast(null as {{ float8 }}) as total
    from categories

    union all

    select
        features.model_name,
        features.model_version,
        features.feature_group,
        features.feature,
        0 as bin_number,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ float8 }}) as lower_bound,
        cast(null as {{ float8 }}) as upper_bound,
        coalesce(missing.n, 0) as n,
        cast(null as {{ float8 }}) as total
    from features
    left join missing
        on
            features.model_name = missing.model_name
            and features.model_version = missing.model_version
            and features.feature_group = missing.feature_group
            and features.feature = missing.feature

),

final as (

    select
        counted.model_name,
        counted.model_version,
        counted.feature_group,
        counted.feature,
        features.kind,
        features.fitted_on,
        features.fitted_at,
        cast(counted.bin_number as integer) as bin_number,
        counted.category,
        counted.lower_bound,
        counted.upper_bound,
        cast(counted.n as bigint) as n,
        counted.total
    from counted
    inner join features
        on
            counted.model_name = features.model_name
            and counted.model_version = features.model_version
            and counted.feature_group = features.feature_group
            and counted.feature = features.feature

)

select * from final
