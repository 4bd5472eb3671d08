{#- The columns that rows of `regression_sums` have besides those of their groups. -#}

{%- macro regression_columns() -%}
    {%- set columns = [
        'n', 'n_unlabelled', 'n_unpredicted', 'sum_error', 'sum_absolute_error', 'sum_squared_error', 'sum_relative_error', 'max_absolute_error',
        'median_absolute_error', 'sum_absolute_actual',
    ] -%}
    {%- for figure in ['actual', 'error'] -%}
        {%- for statistic in ['min', 'max', 'mean', 'mean_rest', 'spread'] -%}
            {%- do columns.append(statistic ~ '_' ~ figure) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro -%}
