{#- The bounds that `in_batch` writes: a list of two SQL literals. -#}

{%- macro batch_bounds() -%}
    {{ return(["cast('0001-01-01 00:00:00' as timestamp)", "cast('9999-12-31 00:00:00' as timestamp)"]) }}
{%- endmacro -%}
