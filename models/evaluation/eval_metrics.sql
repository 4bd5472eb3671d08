{#- Shares of rows that are right or wrong independently of each other, which Wilson's interval is for. -#}
{%- set shares = [
    'accuracy', 'precision', 'recall', 'specificity', 'negative_predictive_value', 'false_positive_rate', 'false_negative_rate', 'prevalence',
    'selection_rate', 'subset_accuracy', 'label_coverage',
] -%}
{%- set is_share = "average in ('class', 'all') and metric in ('" ~ shares | join("', '") ~ "')" -%}
{%- set z = millwright.z_of_95_percent() -%}
{%- set columns = [
    'model_name', 'model_version', 'grain', 'period_start_at', 'segment', 'average', 'class_name', 'metric', 'value', 'numerator', 'denominator',
] -%}

with

periods as (

    select * from {{ ref('eval_periods') }}

),

tasks as (

    select * from {{ ref('model_tasks') }}

),

metrics as (
    {%- for relation in ['eval_class_metrics', 'eval_score_metrics', 'eval_regression_metrics'] %}

    select
        {{ columns | join(',\n        ') }},
        {{ 'standard_error' if relation == 'eval_score_metrics' else 'cast(null as ' ~ millwright.sql_type('float8') ~ ') as standard_error' }},
        n,
        n_unlabelled,
        n_unpredicted
    from {{ ref(relation) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- One metric of each task stands for all rows of its period and segment.
coverage as (

    select
        model_name,
        model_version,
        grain,
        period_start_at,
        segment,
        'all' as average,
        cast(null as {{ dbt.type_string() }}) as class_name,
        'label_coverage' as metric,
        {{ millwright.safe_divide('n + n_unpredicted', 'n + n_unpredicted + n_unlabelled') }} as value,
        cast(n + n_unpredicted as {{ millwright.sql_type('float8') }}) as numerator,
        cast(n + n_unpredicted + n_unlabelled as {{ millwright.sql_type('float8') }}) as denominator,
        cast(null as {{ millwright.sql_type('float8') }}) as standard_error,
        n + n_unpredicted + n_unlabelled as n,
        n_unlabelled,
        n_unpredicted
    from metrics
    where
        metric in ('accuracy', 'subset_accuracy', 'mean_absolute_error')
        and average = 'all'

),

listed as (

    select * from metrics
    union all
    select * from coverage

),

final as (

    select
        listed.model_name,
        listed.model_version,
        periods.task,
        listed.grain,
        listed.period_start_at,
        listed.segment,
        listed.average,
        listed.class_name,
        listed.class_name = tasks.positive_class as is_positive_class,
        listed.metric,
        listed.value,
        listed.numerator,
        listed.denominator,
        case
            when {{ is_share }} then {{ millwright.wilson_bound('numerator', 'denominator', -1) }}
            when listed.standard_error is not null then greatest(listed.value - {{ z }} * listed.standard_error, 0)
        end as value_low,
        case
            when {{ is_share }} then {{ millwright.wilson_bound('numerator', 'denominator', 1) }}
            when listed.standard_error is not null then least(listed.value + {{ z }} * listed.standard_error, 1)
        end as value_high,
        listed.n,
        listed.n_unlabelled,
        listed.n_unpredicted,
        {{ millwright.safe_divide(
            'listed.n + listed.n_unpredicted', 'listed.n + listed.n_unpredicted + listed.n_unlabelled'
        ) }} as label_coverage_rate,
        periods.is_mature
    from listed
    inner join periods
        on
            listed.model_name = periods.model_name
            and listed.model_version = periods.model_version
            and listed.grain = periods.grain
            and listed.period_start_at = periods.period_start_at
    left join tasks
        on listed.model_name = tasks.model_name

)

select * from final
