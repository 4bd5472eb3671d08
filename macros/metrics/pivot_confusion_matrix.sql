{#- The confusion matrix of each group with a column per predicted class: a query, one row per group and actual class. The classes are read from
    the relation while dbt compiles, so it must be built by then; or they are given, which makes the columns the same whatever the rows. -#}

{%- macro pivot_confusion_matrix(relation, actual, predicted, group_by=[], where=none, classes=none, max_classes=50) -%}
    {%- do millwright.check_metrics('pivot_confusion_matrix', relation, {'actual': actual, 'predicted': predicted, 'where': where}, group_by) -%}
    {%- if max_classes is not integer or max_classes is boolean or max_classes < 1 -%}
        {%- do exceptions.raise_compiler_error(
            'pivot_confusion_matrix: max_classes is "' ~ max_classes ~ '"; it must be a whole number from 1 on'
        ) -%}
    {%- endif -%}
    {%- if classes is none -%}
        {%- set classes = millwright.classes_of_relation(relation, actual, predicted, where, max_classes) -%}
    {%- elif classes is string or classes is mapping or classes is not sequence or classes | unique | list | length < classes | length -%}
        {%- do exceptions.raise_compiler_error('pivot_confusion_matrix: classes is "' ~ classes ~ '"; it must be a list of classes, each once') -%}
    {%- endif -%}
    {%- if classes | length > max_classes -%}
        {%- do exceptions.raise_compiler_error(
            'pivot_confusion_matrix: ' ~ relation ~ ' has more than ' ~ max_classes ~ ' classes in ' ~ actual ~ ' and ' ~ predicted
            ~ ', e.g. ' ~ classes[:5] | join(', ') ~ '; raise max_classes, or use confusion_matrix, which has a row per cell'
        ) -%}
    {%- endif -%}
    {%- set groups = millwright.metric_groups(group_by).keys() | list -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        actual_class,
        {%- for class_name, column in millwright.class_columns(classes, groups).items() %}
        max(case when predicted_class = {{ millwright.literal(class_name) }} then n else 0 end) as {{ column }},
        {%- endfor %}
        cast(sum(case when predicted_class in ({{ 'null' if not classes }}
            {%- for class_name in classes %}{{ millwright.literal(class_name) }}{{ ', ' if not loop.last }}{% endfor -%}
        ) then 0 else n end) as bigint) as n_predicted_other,
        max(n_actual) as n_actual,
        max(n_unlabelled) as n_unlabelled,
        max(n_unpredicted) as n_unpredicted
    from (
        {{ millwright.confusion_matrix(relation, actual, predicted, group_by, where) | indent(4) }}
    ) as matrix
    group by {{ (groups + ['actual_class']) | join(', ') }}
{%- endmacro -%}
