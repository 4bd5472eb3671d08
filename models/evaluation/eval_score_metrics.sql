{%- set float8 = millwright.sql_type('float8') -%}
{%- set text = dbt.type_string() -%}
{%- set weight = "case when averages.average = 'weighted' then ordered_by_class.positives else 1 end" -%}
{%- set sums = [
    'n', 'n_unlabelled', 'n_unpredicted', 'positives', 'negatives', 'expected_positives', 'loss_of_positives', 'loss_of_negatives', 'squared_error',
] -%}

with

periods as (

    {{ millwright.changed_periods(with_hours=false) }}

),

score_partials as (

    select * from {{ ref('eval_score_partials') }}

),

ordered as (

    select
        periods.period_id,
        ordered_metrics.*
    from {{ ref('eval_ordered_metrics') }} as ordered_metrics
    inner join periods
        on
            ordered_metrics.model_name = periods.model_name
            and ordered_metrics.model_version = periods.model_version
            and ordered_metrics.grain = periods.grain
            and ordered_metrics.period_start_at = periods.period_start_at
    where
        ordered_metrics.class_name is not null
        and periods.is_first

),

in_periods as (

    {{ millwright.in_periods('score_partials', 'day_starts_at', ['class_name', 'score_bin'] + sums) }}

),

in_segments as (

    {{ millwright.in_segments('in_periods', ['period_id', 'class_name', 'score_bin'] + sums) }}

),

-- Calibration errors are of ten bins.
tenths as (

    select
        period_id,
        segment,
        class_name,
        {%- for figure in sums %}
        cast(sum({{ figure }}) as {{ float8 }}) as {{ figure }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from in_segments
    group by
        period_id,
        segment,
        class_name,
        least(floor(score_bin / 10.0), 9)

),

classes as (

    select
        tenths.period_id,
        tenths.segment,
        periods.task,
        tenths.class_name,
        {%- for figure in sums %}
        sum(tenths.{{ figure }}) as {{ figure }},
        {%- endfor %}
        sum(abs(tenths.expected_positives - tenths.positives)) as calibration_error,
        max({{ millwright.safe_divide(
            'abs(tenths.expected_positives - tenths.positives)', 'tenths.positives + tenths.negatives'
        ) }}) as max_calibration_error
    from tenths
    inner join periods
        on
            tenths.period_id = periods.period_id
            and periods.is_first
    group by
        tenths.period_id,
        tenths.segment,
        periods.task,
        tenths.class_name

),

by_class as (

    select
        classes.period_id,
        classes.segment,
        'class' as average,
        classes.class_name,
        long.metric,
        long.numerator,
        cast(long.denominator as {{ float8 }}) as denominator,
        cast(null as {{ float8 }}) as standard_error,
        classes.n,
        classes.n_unlabelled,
        classes.n_unpredicted
    from classes
    cross join lateral (
        values
        (
            'log_loss',
            coalesce(classes.loss_of_positives, 0) + coalesce(classes.loss_of_negatives, 0),
            classes.positives + classes.negatives
        ),
        ('brier_score', classes.squared_error, classes.positives + classes.negatives),
        ('expected_calibration_error', classes.calibration_error, classes.positives + classes.negatives),
        ('max_calibration_error', classes.max_calibration_error, 1)
    ) as long (metric, numerator, denominator)

),

ordered_by_class as (

    select
        classes.period_id,
        classes.segment,
        'class' as average,
        classes.class_name,
        metrics.metric,
        ordered.numerator,
        ordered.denominator,
        ordered.standard_error,
        classes.n,
        classes.n_unlabelled,
        classes.n_unpredicted,
        classes.task,
        classes.positives
    from classes
    cross join (values ('roc_auc'), ('average_precision')) as metrics (metric)
    left join ordered
        on
            classes.period_id = ordered.period_id
            and classes.segment = ordered.segment
            and classes.class_name = ordered.class_name
            and metrics.metric = ordered.metric

),

-- A class that always or never came true has no value and is left out of the means.
means as (

    select
        ordered_by_class.period_id,
        ordered_by_class.segment,
        averages.average,
        cast(null as {{ text }}) as class_name,
        ordered_by_class.metric,
        sum({{ weight }} * ordered_by_class.numerator / nullif(ordered_by_class.denominator, 0)) as numerator,
        sum(case when ordered_by_class.denominator <> 0 then {{ weight }} end) as denominator,
        cast(null as {{ float8 }}) as standard_error,
        max(ordered_by_class.n) as n,
        max(ordered_by_class.n_unlabelled) as n_unlabelled,
        max(ordered_by_class.n_unpredicted) as n_unpredicted
    from ordered_by_class
    cross join (values ('macro'), ('weighted')) as averages (average)
    where ordered_by_class.task in ('multiclass', 'multilabel')
    group by
        ordered_by_class.period_id,
        ordered_by_class.segment,
        averages.average,
        ordered_by_class.metric

),

-- Of all classes together, for a model that tells more than two apart: what was given to the one that came true, which is 0 where it has no score.
whole as (

    select
        period_id,
        segment,
        sum(loss_of_positives) + (max(n) - sum(positives)) * {{ millwright.log_loss_of('0') }} as loss,
        sum(squared_error) + max(n) - sum(positives) as squared_error,
        max(n) as n,
        max(n_unlabelled) as n_unlabelled,
        max(n_unpredicted) as n_unpredicted
    from classes
    where task = 'multiclass'
    group by
        period_id,
        segment

),

listed as (

    select * from by_class

    union all

    select
        period_id,
        segment,
        average,
        class_name,
        metric,
        numerator,
        denominator,
        standard_error,
        n,
        n_unlabelled,
        n_unpredicted
    from ordered_by_class

    union all

    select * from means

    union all

    select
        whole.period_id,
        whole.segment,
        'all' as average,
        cast(null as {{ text }}) as class_name,
        long.metric,
        long.numerator,
        whole.n as denominator,
        cast(null as {{ float8 }}) as standard_error,
        whole.n,
        whole.n_unlabelled,
        whole.n_unpredicted
    from whole
    cross join lateral (
        values
        ('log_loss', whole.loss),
        ('brier_score', whole.squared_error)
    ) as long (metric, numerator)

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.grain,
        periods.period_start_at,
        listed.segment,
        listed.average,
        listed.class_name,
        listed.metric,
        {{ millwright.safe_divide('listed.numerator', 'listed.denominator') }} as value,
        listed.numerator,
        listed.denominator,
        listed.standard_error,
        cast(listed.n as bigint) as n,
        cast(listed.n_unlabelled as bigint) as n_unlabelled,
        cast(listed.n_unpredicted as bigint) as n_unpredicted,
        periods.known_at
    from listed
    inner join periods
        on listed.period_id = periods.period_id

)

select * from final
