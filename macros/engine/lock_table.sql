{#- The statement with which a transaction waits for all others that lock the same table, and they for it; empty where an engine has one writer. -#}

{%- macro lock_table(relation) -%}
    {{ return(adapter.dispatch('lock_table', 'millwright')(relation)) }}
{%- endmacro -%}

{%- macro default__lock_table(relation) -%}
    {{ return('') }}
{%- endmacro -%}

{#- Readers and plain appends go on. -#}
{%- macro postgres__lock_table(relation) -%}
    {{ return('lock table ' ~ relation.include(database=false) ~ ' in share update exclusive mode') }}
{%- endmacro -%}
