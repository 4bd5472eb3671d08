{#- The metrics of classifications, listed: a query, one row per group, average, class and metric. The cells of `confusion_counts` are counted in
    one scan, and everything else is made of them by `metrics_from_counts`. -#}

{%- macro classification_metrics(relation, actual, predicted, group_by=[], where=none, weight=none, beta=1) -%}
    {%- do millwright.check_metrics(
        'classification_metrics', relation, {'actual': actual, 'predicted': predicted, 'where': where, 'weight': weight}, group_by
    ) -%}
    with

    cells as (

        {{ millwright.confusion_counts(relation, actual, predicted, group_by, where, weight) | indent(4) }}

    )

    select *
    from (
        {{ millwright.metrics_from_counts(
            'cells', millwright.metric_groups(group_by).keys() | list, 'n' if weight is none else 'total_weight', beta
        ) | indent(4) }}
    ) as metrics
{%- endmacro -%}
