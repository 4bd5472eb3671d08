{#- The confusion matrix of each group, cell by cell: a query, one row per group and pair of classes, zeros included. All groups have the classes
    of the whole relation or, with `classes_by`, of all groups that agree in these columns of group_by: a model's, where several stand in one
    relation. -#}

{%- macro confusion_matrix(relation, actual, predicted, group_by=[], where=none, weight=none, classes_by=[]) -%}
    {%- do millwright.check_metrics(
        'confusion_matrix', relation, {'actual': actual, 'predicted': predicted, 'where': where, 'weight': weight}, group_by
    ) -%}
    with

    cells as (

        {{ millwright.confusion_counts(relation, actual, predicted, group_by, where, weight) | indent(4) }}

    )

    select *
    from (
        {{ millwright.matrix_from_counts(
            'cells', millwright.metric_groups(group_by).keys() | list, 'n' if weight is none else 'total_weight', classes_by
        ) | indent(4) }}
    ) as matrix
{%- endmacro -%}
