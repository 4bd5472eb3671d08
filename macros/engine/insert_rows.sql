{#- Runs an insert in dbt's transaction, which it opens if need be, and returns how many rows it wrote; none where the engine does not say. -#}

{%- macro insert_rows(insert) -%}
    {{ return(adapter.dispatch('insert_rows', 'millwright')(insert)) }}
{%- endmacro -%}

{%- macro default__insert_rows(insert) -%}
    {%- call statement('insert_rows') -%}
        {{ insert }}
    {%- endcall -%}
    {{ return(load_result('insert_rows').response.rows_affected) }}
{%- endmacro -%}

{#- DuckDB answers an insert with a row that holds the number. -#}
{%- macro duckdb__insert_rows(insert) -%}
    {%- call statement('insert_rows', fetch_result=true) -%}
        {{ insert }}
    {%- endcall -%}
    {{ return(load_result('insert_rows').data[0][0] | int) }}
{%- endmacro -%}
