{#- The metrics of experiments that the project measures itself, from predictions and their outcomes. -#}

{%- macro computed_metrics() -%}
    {{ return(['accuracy', 'absolute_error']) }}
{%- endmacro -%}
