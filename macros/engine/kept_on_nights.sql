{#- Stands between `as` and the bracket of a CTE that is read several times in an incremental model: a night's rows are few, so the engine keeps them;
    those of a first build it computes each time. -#}

{%- macro kept_on_nights() -%}
    {{ return(adapter.dispatch('kept_on_nights', 'millwright')()) }}
{%- endmacro -%}

{%- macro default__kept_on_nights() -%}
    {{ return('materialized' if is_incremental() else millwright.not_materialized()) }}
{%- endmacro -%}

{%- macro spark__kept_on_nights() -%}
{%- endmacro -%}
