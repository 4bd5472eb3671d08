{#- Prints a query's result as a table, whole, and returns it. -#}

{%- macro printed(results) -%}
    {%- do results.print_table(max_rows=none, max_columns=none, max_column_width=none) -%}
    {{ return(results) }}
{%- endmacro -%}
