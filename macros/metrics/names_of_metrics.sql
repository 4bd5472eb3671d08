{#- The names of columns that the metrics' results, and the steps to them, have beside those of the groups. -#}

{%- macro names_of_metrics() -%}
    {{ return(millwright.metric_columns() + [
        'actual_class', 'predicted_class', 'is_actual', 'is_predicted', 'score', 'threshold', 'weight', 'total_weight', 'tp', 'fp', 'fn', 'tn',
        'positives', 'negatives', 'n_actual', 'n_predicted', 'n_total', 'actual', 'predicted', 'error', 'total', 'agreement', 'chance', 'label',
    ]) }}
{%- endmacro -%}
