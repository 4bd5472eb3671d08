{#- The newest `column` that the incremental model being built already holds; before all history where it holds no row. -#}

{%- macro watermark(column) -%}
    (select coalesce(max({{ column }}), cast('0001-01-01' as timestamp)) from {{ this }})
{%- endmacro -%}
