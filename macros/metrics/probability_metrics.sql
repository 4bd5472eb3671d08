{#- The metrics of probabilities of a positive class, listed: a query, one row per group and metric. Rows are counted by score in one scan, and
    everything else is made of these counts. -#}

{%- macro probability_metrics(relation, is_actual, score, group_by=[], where=none, weight=none, n_bins=10) -%}
    {%- do millwright.check_metrics(
        'probability_metrics', relation, {'is_actual': is_actual, 'score': score, 'where': where, 'weight': weight}, group_by
    ) -%}
    with

    scores as (

        {{ millwright.score_counts(relation, is_actual, score, group_by, where, weight) | indent(4) }}

    )

    select *
    from (
        {{ millwright.score_metrics('scores', millwright.metric_groups(group_by).keys() | list, n_bins) | indent(4) }}
    ) as metrics
{%- endmacro -%}
