{#- The end of a subquery whose expressions the engine shall compute once, and not take apart. -#}

{%- macro fence() -%}
    {{ return(adapter.dispatch('fence', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__fence() -%}
{%- endmacro -%}

{#- PostgreSQL would write the expression wherever its name stands, and take it to have as many values as its columns have: it then sorts what it
    could count in a small table of hashes. Of a column that it knows nothing about it expects 200 values. -#}
{%- macro postgres__fence() -%}
    offset 0
{%- endmacro -%}
