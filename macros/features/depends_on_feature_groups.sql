{#- For dbt models that read the graph: comments by which dbt builds all feature groups before them. -#}

{%- macro depends_on_feature_groups() -%}
    {%- for group in var('feature_groups') %}
-- depends_on: {{ ref('feat_' ~ group) }}
    {%- endfor %}
{%- endmacro -%}
