{%- set float8 = millwright.sql_type('float8') -%}
{%- set groups = ['period_id', 'segment'] -%}
{%- set counts = ['tp', 'fp', 'fn', 'tn', 'n_unlabelled'] -%}

with

periods as (

    {{ millwright.changed_periods() }}

),

confusion_partials as (

    select * from {{ ref('eval_confusion_partials') }}

),

label_partials as (

    select * from {{ ref('eval_label_partials') }}

),

confusion_in_periods as (

    {{ millwright.in_periods('confusion_partials', 'hour_starts_at', ['label_name', 'actual_class', 'predicted_class', 'n']) }}

),

confusion_in_segments as (

    {{ millwright.in_segments('confusion_in_periods', ['period_id', 'label_name', 'actual_class', 'predicted_class', 'n']) }}

),

class_cells as (

    select * from confusion_in_segments
    where label_name is null

),

class_metrics as (

    {{ millwright.metrics_from_counts('class_cells', group_by=groups, beta=var('f_beta')) | indent(4) }}

),

label_counts as (

    select
        period_id,
        segment,
        label_name as class_name,
        cast(sum(case when actual_class = 'true' and predicted_class = 'true' then n else 0 end) as {{ float8 }}) as tp,
        cast(sum(case when actual_class = 'false' and predicted_class = 'true' then n else 0 end) as {{ float8 }}) as fp,
        cast(sum(case when actual_class = 'true' and predicted_class = 'false' then n else 0 end) as {{ float8 }}) as fn,
        cast(sum(case when actual_class = 'false' and predicted_class = 'false' then n else 0 end) as {{ float8 }}) as tn,
        cast(sum(case when actual_class is not null then n else 0 end) as bigint) as n,
        cast(sum(case when actual_class is null then n else 0 end) as bigint) as n_unlabelled,
        0 as n_unpredicted
    from confusion_in_segments
    where label_name is not null
    group by
        period_id,
        segment,
        label_name

),

label_metrics as (

    {{ millwright.class_metrics('label_counts', groups, beta=var('f_beta'), total='sum') | indent(4) }}

),

-- Whole predictions of several labels.
labels_in_periods as (

    {{ millwright.in_periods('label_partials', 'hour_starts_at', counts + ['n']) }}

),

labels_in_segments as (

    {{ millwright.in_segments('labels_in_periods', ['period_id'] + counts + ['n']) }}

),

label_predictions as (

    select
        {{ (groups + counts) | join(',\n        ') }},
        tp + fp + fn + tn as n,
        0 as n_unpredicted,
        n as n_predictions
    from labels_in_segments

),

prediction_metrics as (

    {{ millwright.sample_metrics('label_predictions', groups, times='n_predictions') | indent(4) }}

),

listed as (

    select * from class_metrics
    union all
    select * from label_metrics
    union all
    select * from prediction_metrics

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
        listed.value,
        listed.numerator,
        listed.denominator,
        listed.n,
        listed.n_unlabelled,
        listed.n_unpredicted,
        periods.known_at
    from listed
    inner join periods
        on listed.period_id = periods.period_id

)

select * from final
