{%- set keys = ['model_name', 'model_version', 'day_starts_at', 'data_split', 'class_name'] -%}
{%- set types = {
    'n_predictions': 'bigint',
    'n_outcomes': 'bigint',
    'n_classified': 'bigint',
    'n_correct': 'bigint',
    'tp': 'bigint',
    'fp': 'bigint',
    'fn': 'bigint',
    'n_scored': 'bigint',
    'sum_log_loss': 'float8',
    'sum_brier_score': 'float8',
    'n_measured': 'bigint',
    'sum_absolute_error': 'float8',
    'sum_squared_error': 'float8',
} -%}
{#- What each part is the source of; the rest of its rows is NULL. -#}
{%- set parts = {
    'classifications': ['n_predictions', 'n_outcomes', 'n_classified', 'n_correct'],
    'labellings': ['n_predictions', 'n_outcomes', 'n_classified', 'n_correct'],
    'measurements': ['n_predictions', 'n_outcomes', 'n_measured', 'sum_absolute_error', 'sum_squared_error'],
    'classes': ['tp', 'fp', 'fn'],
    'labels': ['tp', 'fp', 'fn'],
    'scores': ['n_scored', 'sum_log_loss', 'sum_brier_score'],
    'choices': ['n_scored', 'sum_log_loss', 'sum_brier_score'],
} -%}

with

hours as (

    select * from {{ ref('eval_hours') }}

),

confusion_partials as (

    select
        *,
        {{ dbt.date_trunc('day', 'hour_starts_at') }} as day_starts_at
    from {{ ref('eval_confusion_partials') }}

),

label_partials as (

    select
        *,
        {{ dbt.date_trunc('day', 'hour_starts_at') }} as day_starts_at
    from {{ ref('eval_label_partials') }}

),

score_partials as (

    select * from {{ ref('eval_score_partials') }}

),

regression_partials as (

    select
        *,
        {{ dbt.date_trunc('day', 'hour_starts_at') }} as day_starts_at
    from {{ ref('eval_regression_partials') }}

),

positive_classes as (

    select
        model_name,
        positive_class
    from {{ ref('model_tasks') }}
    where positive_class is not null

),

versions as (

    select
        model_name,
        model_version,
        min(task) as task
    from hours
    group by
        model_name,
        model_version

),

classifications as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        cast(null as {{ dbt.type_string() }}) as class_name,
        n as n_predictions,
        case when actual_class is not null then n else 0 end as n_outcomes,
        case when actual_class is not null then n else 0 end as n_classified,
        case when actual_class = predicted_class then n else 0 end as n_correct
    from confusion_partials
    where label_name is null

),

-- A prediction of several labels is right if all of them are.
labellings as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        cast(null as {{ dbt.type_string() }}) as class_name,
        n as n_predictions,
        case when n_unlabelled = 0 then n else 0 end as n_outcomes,
        case when n_unlabelled = 0 then n else 0 end as n_classified,
        case when n_unlabelled + fp + fn = 0 then n else 0 end as n_correct
    from label_partials

),

measurements as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        cast(null as {{ dbt.type_string() }}) as class_name,
        n + n_unlabelled + n_unpredicted as n_predictions,
        n + n_unpredicted as n_outcomes,
        n as n_measured,
        sum_absolute_error,
        sum_squared_error
    from regression_partials

),

judged as (

    select * from confusion_partials
    where
        label_name is null
        and actual_class is not null

),

sides as (

    select
        judged.*,
        long.is_actual,
        long.class_name
    from judged
    cross join lateral (
        values
        (true, judged.actual_class),
        (false, judged.predicted_class)
    ) as long (is_actual, class_name)

),

-- Each class against all others; where one of them is the positive one, only that.
classes as (

    select
        sides.model_name,
        sides.model_version,
        sides.day_starts_at,
        sides.data_split,
        sides.class_name,
        case when sides.is_actual and sides.actual_class = sides.predicted_class then sides.n else 0 end as tp,
        case when not sides.is_actual and sides.actual_class <> sides.predicted_class then sides.n else 0 end as fp,
        case when sides.is_actual and sides.actual_class <> sides.predicted_class then sides.n else 0 end as fn
    from sides
    left join positive_classes
        on sides.model_name = positive_classes.model_name
    where sides.class_name = coalesce(positive_classes.positive_class, sides.class_name)

),

labels as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        label_name as class_name,
        case when actual_class = 'true' and predicted_class = 'true' then n else 0 end as tp,
        case when actual_class = 'false' and predicted_class = 'true' then n else 0 end as fp,
        case when actual_class = 'true' and predicted_class = 'false' then n else 0 end as fn
    from confusion_partials
    where label_name is not null

),

scores_of_classes as (

    select
        partials.model_name,
        partials.model_version,
        versions.task,
        partials.day_starts_at,
        partials.data_split,
        partials.class_name,
        sum(partials.positives) as n_positives,
        sum(partials.positives + partials.negatives) as n_scored,
        sum(partials.loss_of_positives) as loss_of_positives,
        sum(partials.loss_of_negatives) as loss_of_negatives,
        sum(coalesce(partials.squared_error, 0)) as squared_error
    from score_partials as partials
    inner join versions
        on
            partials.model_name = versions.model_name
            and partials.model_version = versions.model_version
    left join positive_classes
        on partials.model_name = positive_classes.model_name
    where
        versions.task = 'multiclass'
        or partials.class_name = coalesce(positive_classes.positive_class, partials.class_name)
    group by
        partials.model_name,
        partials.model_version,
        versions.task,
        partials.day_starts_at,
        partials.data_split,
        partials.class_name

),

scores as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        class_name,
        n_scored,
        loss_of_positives + loss_of_negatives as sum_log_loss,
        squared_error as sum_brier_score
    from scores_of_classes
    where task <> 'multiclass'

),

-- Of more than two classes, a prediction has one loss: that of what was given to the one that came true, which is 0 where it has no score.
choices as (

    select
        model_name,
        model_version,
        day_starts_at,
        data_split,
        cast(null as {{ dbt.type_string() }}) as class_name,
        max(n_scored) as n_scored,
        sum(loss_of_positives) + (max(n_scored) - sum(n_positives)) * {{ millwright.log_loss_of('0') }} as sum_log_loss,
        sum(squared_error) + max(n_scored) - sum(n_positives) as sum_brier_score
    from scores_of_classes
    where task = 'multiclass'
    group by
        model_name,
        model_version,
        day_starts_at,
        data_split

),

united as (
    {%- for part, columns in parts.items() %}

    select
        {{ keys | join(',\n        ') }},
        {%- for column, type in types.items() %}
        {{ column if column in columns else 'cast(null as ' ~ millwright.sql_type(type) ~ ') as ' ~ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ part }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        united.model_name,
        united.model_version,
        versions.task,
        united.day_starts_at,
        united.data_split,
        united.class_name,
        {%- for column, type in types.items() %}
        cast(sum(united.{{ column }}) as {{ millwright.sql_type(type) }}) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from united
    inner join versions
        on
            united.model_name = versions.model_name
            and united.model_version = versions.model_version
    group by
        united.model_name,
        united.model_version,
        versions.task,
        united.day_starts_at,
        united.data_split,
        united.class_name

)

select * from final
