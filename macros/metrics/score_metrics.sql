{#- The metrics of probabilities, listed, as a query. `scores` names a CTE with a row per group and score, as `score_counts` makes them. -#}

{%- macro score_metrics(scores, groups, n_bins) -%}
    {%- if n_bins is not integer or n_bins is boolean or n_bins < 1 -%}
        {%- do exceptions.raise_compiler_error('probability_metrics: n_bins is "' ~ n_bins ~ '"; it must be a whole number from 1 on') -%}
    {%- endif -%}
    with

    bins as (

        {{ millwright.score_sums(scores, groups, n_bins) | indent(4) }}

    ),

    summed as (

        select
            {%- for name in groups %}
            {{ name }},
            {%- endfor %}
            cast(sum(n) as bigint) as n,
            cast(sum(n_unlabelled) as bigint) as n_unlabelled,
            cast(sum(n_unpredicted) as bigint) as n_unpredicted,
            sum(positives) as positives,
            sum(negatives) as negatives,
            sum(positives + negatives) as total,
            sum(loss_of_positives + loss_of_negatives) as log_loss,
            sum(squared_error) as squared_error,
            sum(ordered_pairs) as ordered_pairs,
            sum(precision_sum) as precision_sum,
            sum(abs(expected_positives - positives)) as calibration_error,
            max({{ millwright.safe_divide('abs(expected_positives - positives)', 'positives + negatives') }}) as max_calibration_error
        from bins
        {{ 'group by ' ~ groups | join(', ') if groups else 'having count(*) > 0' }}

    )

    {{ millwright.listed_metrics('summed', groups, [
        ('log_loss', 'log_loss', 'total'),
        ('brier_score', 'squared_error', 'total'),
        ('roc_auc', 'ordered_pairs', 'positives * negatives'),
        ('average_precision', 'precision_sum', 'positives'),
        ('expected_calibration_error', 'calibration_error', 'total'),
        ('max_calibration_error', 'max_calibration_error', '1'),
    ]) }}
{%- endmacro -%}
