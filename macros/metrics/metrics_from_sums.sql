{#- The metrics of regressions from rows of `regression_sums`, also stored ones and those of finer groups: they are added up. The median is known
    only where a group is one row. -#}

{%- macro metrics_from_sums(sums, group_by=[]) -%}
    {%- set added = [
        'n', 'n_unlabelled', 'n_unpredicted', 'sum_error', 'sum_absolute_error', 'sum_squared_error', 'sum_relative_error', 'sum_absolute_actual',
    ] -%}
    {%- set others = [
        'max_absolute_error', 'median_absolute_error', 'min_actual', 'max_actual', 'mean_actual', 'mean_rest_actual', 'spread_actual', 'min_error',
        'max_error', 'mean_error', 'mean_rest_error', 'spread_error',
    ] -%}
    {%- do millwright.check_metrics('metrics_from_sums', sums, {'sums': added + others}, group_by) -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- set names = groups.keys() | list -%}
    with

    summed as (

        {{ millwright.sums_of_parts(sums, groups, added) | indent(4) }}

    )

    {{ millwright.listed_metrics('summed', names, [
        ('mean_absolute_error', 'sum_absolute_error', 'n'),
        ('mean_squared_error', 'sum_squared_error', 'n'),
        ('root_mean_squared_error', 'sqrt(sum_squared_error)', 'sqrt(n)'),
        ('mean_absolute_percentage_error', 'sum_relative_error', 'n'),
        ('median_absolute_error', 'median_absolute_error', '1'),
        ('max_error', 'max_absolute_error', '1'),
        ('mean_error', 'sum_error', 'n'),
        ('r2', 'spread_actual - sum_squared_error', 'spread_actual'),
        ('explained_variance', 'spread_actual - spread_error', 'spread_actual'),
        ('relative_accuracy', 'sum_absolute_actual - sum_absolute_error', 'sum_absolute_actual'),
    ]) }}
{%- endmacro -%}
