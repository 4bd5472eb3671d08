{#- The metrics of predicted numbers, listed: a query, one row per group and metric, from one scan. -#}

{%- macro regression_metrics(relation, actual, predicted, group_by=[], where=none) -%}
    {%- do millwright.check_metrics('regression_metrics', relation, {'actual': actual, 'predicted': predicted, 'where': where}, group_by) -%}
    with

    sums as (

        {{ millwright.regression_sums(relation, actual, predicted, group_by, where) | indent(4) }}

    )

    select *
    from (
        {{ millwright.metrics_from_sums('sums', millwright.metric_groups(group_by).keys() | list) | indent(4) }}
    ) as metrics
{%- endmacro -%}
