with

partials as (

    select * from {{ ref('eval_binary_partials') }}

),

areas as (

    select * from {{ ref('eval_roc_areas') }}

),

periods as (

    select
        'month' as grain,
        month_starts_on as period_start_on,
        *
    from partials

    union all

    select
        'all' as grain,
        coalesce(
            min(case when n_outcomes > 0 then month_starts_on end) over (partition by model_name, model_version, segment),
            min(month_starts_on) over (partition by model_name, model_version, segment)
        ) as period_start_on,
        *
    from partials

),

counts as (

    select
        model_name,
        model_version,
        grain,
        period_start_on,
        segment,
        cast(sum(n_predictions) as bigint) as n_predictions,
        cast(sum(n_outcomes) as bigint) as n,
        cast(sum(n_scored_outcomes) as bigint) as n_scored,
        cast(sum(n_true_positives) as {{ millwright.sql_type('float8') }}) as tp,
        cast(sum(n_false_positives) as {{ millwright.sql_type('float8') }}) as fp,
        cast(sum(n_false_negatives) as {{ millwright.sql_type('float8') }}) as fn,
        cast(sum(n_true_negatives) as {{ millwright.sql_type('float8') }}) as tn,
        sum(sum_squared_error) as squared_error,
        sum(sum_log_loss) as log_loss
    from periods
    group by
        model_name,
        model_version,
        grain,
        period_start_on,
        segment

),

metrics as (

    select
        counts.*,
        {{ millwright.safe_divide('n', 'n_predictions') }} as label_coverage,
        {{ millwright.safe_divide('tp + fn', 'n') }} as prevalence,
        {{ millwright.safe_divide('tp + tn', 'n') }} as accuracy,
        {{ millwright.safe_divide('tp', 'tp + fp') }} as precision_value,
        {{ millwright.safe_divide('tp', 'tp + fn') }} as recall,
        {{ millwright.safe_divide('tn', 'tn + fp') }} as specificity,
        {{ millwright.safe_divide('tn', 'tn + fn') }} as negative_predictive_value,
        {{ millwright.safe_divide('fp', 'fp + tn') }} as false_positive_rate,
        {{ millwright.safe_divide('fn', 'fn + tp') }} as false_negative_rate,
        {{ millwright.safe_divide('2 * tp', '2 * tp + fp + fn') }} as f1,
        {{ millwright.safe_divide('tp', 'tp + fp + fn') }} as jaccard,
        {{ millwright.safe_divide('tp * tn - fp * fn', 'sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))') }} as matthews_correlation,
        {{ millwright.safe_divide(
            '(tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)',
            'cast(n as ' ~ millwright.sql_type('float8') ~ ') * n'
        ) }} as chance_agreement,
        {{ millwright.safe_divide('squared_error', 'n_scored') }} as brier_score,
        {{ millwright.safe_divide('log_loss', 'n_scored') }} as mean_log_loss
    from counts

),

named as (

    select
        metrics.model_name,
        metrics.model_version,
        metrics.grain,
        metrics.period_start_on,
        metrics.segment,
        long.metric,
        long.value,
        case
            when long.metric = 'label_coverage' then metrics.n_predictions
            when long.metric in ('brier_score', 'log_loss', 'roc_auc') then metrics.n_scored
            else metrics.n
        end as n
    from metrics
    left join areas
        on
            metrics.model_name = areas.model_name
            and metrics.model_version = areas.model_version
            and metrics.grain = areas.grain
            and metrics.segment = areas.segment
            and (metrics.period_start_on = areas.month_starts_on or metrics.grain = 'all')
    cross join lateral (
        values
        ('label_coverage', metrics.label_coverage),
        ('prevalence', metrics.prevalence),
        ('accuracy', metrics.accuracy),
        ('balanced_accuracy', (metrics.recall + metrics.specificity) / 2),
        ('precision', metrics.precision_value),
        ('recall', metrics.recall),
        ('specificity', metrics.specificity),
        ('negative_predictive_value', metrics.negative_predictive_value),
        ('false_positive_rate', metrics.false_positive_rate),
        ('false_negative_rate', metrics.false_negative_rate),
        ('f1', metrics.f1),
        ('jaccard', metrics.jaccard),
        ('matthews_correlation', metrics.matthews_correlation),
        ('cohen_kappa', (metrics.accuracy - metrics.chance_agreement) / nullif(1 - metrics.chance_agreement, 0)),
        ('brier_score', metrics.brier_score),
        ('log_loss', metrics.mean_log_loss),
        ('roc_auc', areas.roc_auc)
    ) as long (metric, value)

)

select * from named
