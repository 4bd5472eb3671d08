{#- The whole numbers from 0 through `last` as a query with one column. -#}

{%- macro numbers_through(last) -%}
    values ({{ range(last + 1) | join('), (') }})
{%- endmacro -%}
