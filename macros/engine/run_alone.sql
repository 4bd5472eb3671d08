{#- Runs a statement outside any transaction, which it ends if there is one: VACUUM and REINDEX CONCURRENTLY ask for that. -#}

{%- macro run_alone(sql) -%}
    {{ return(adapter.dispatch('run_alone', 'millwright')(sql)) }}
{%- endmacro -%}

{%- macro default__run_alone(sql) -%}
    {%- do run_query(sql) -%}
{%- endmacro -%}

{#- psycopg2 begins a transaction with the first statement, and does not notice that this `commit` ends it: what follows runs by itself. -#}
{%- macro postgres__run_alone(sql) -%}
    {%- do run_query('commit') -%}
    {%- do run_query(sql) -%}
{%- endmacro -%}
