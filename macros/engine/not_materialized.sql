{#- Stands between `as` and the bracket of a CTE that is read several times, and has the engine compute it each time instead of keeping its rows:
    cheaper where they are many. -#}

{%- macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__not_materialized() -%}
    not materialized
{%- endmacro -%}

{%- macro spark__not_materialized() -%}
{%- endmacro -%}
