{#- The bins of columns and how many rows of a relation are in each, as a query: what other rows are compared with by `drift_of_relation`. To be kept
    as a table: who fits it anew every time never sees a slow change. Numbers have bins between quantiles and an open one on either side, categories
    a bin each but for the rare ones, which share one, and missing values have bin 0. -#}

{%- macro drift_reference(relation, numbers=[], categories=[], n_bins=10, max_categories=20) -%}
    {%- do millwright.check_features('drift_reference', relation, numbers + categories) -%}
    {%- if numbers -%}
    select * from (
        {{ millwright.number_reference(relation, numbers, n_bins) | indent(8) }}
    ) as of_numbers
    {%- endif %}
    {%- if numbers and categories %}

    union all

    {% endif %}
    {%- if categories -%}
    select * from (
        {{ millwright.category_reference(relation, categories, max_categories) | indent(8) }}
    ) as of_categories
    {%- endif %}
{%- endmacro -%}
