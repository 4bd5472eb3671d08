{#- How many rows of a relation are in each bin of a reference, as a query: that of `number_bin_counts` and of `category_bin_counts` together. -#}

{%- macro drift_counts(relation, bins, numbers, categories, n_bins, by=[]) -%}
    {%- if numbers -%}
    select * from (
        {{ millwright.number_bin_counts(relation, bins, numbers, n_bins, by) | indent(8) }}
    ) as of_numbers
    {%- endif %}
    {%- if numbers and categories %}

    union all

    {% endif %}
    {%- if categories -%}
    select * from (
        {{ millwright.category_bin_counts(relation, bins, categories, by) | indent(8) }}
    ) as of_categories
    {%- endif %}
{%- endmacro -%}
