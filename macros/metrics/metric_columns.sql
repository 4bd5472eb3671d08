{#- The columns of every result that lists metrics, after those of its groups. -#}

{%- macro metric_columns() -%}
    {{ return(['average', 'class_name', 'metric', 'value', 'numerator', 'denominator', 'n', 'n_unlabelled', 'n_unpredicted']) }}
{%- endmacro -%}
