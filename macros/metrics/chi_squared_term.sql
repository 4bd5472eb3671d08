{#- What one bin adds to Pearson's chi-squared of a table of two rows, reference and current: the squared differences from what both would have if
    they had the same shares, over these; an SQL expression. A bin must have a row in one of them. -#}

{%- macro chi_squared_term(n_reference, n_current, total_reference, total_current) -%}
    power({{ n_reference }} * {{ total_current }} - {{ n_current }} * {{ total_reference }}, 2)
    / nullif(({{ n_reference }} + {{ n_current }}) * {{ total_reference }} * {{ total_current }}, 0)
{%- endmacro -%}
