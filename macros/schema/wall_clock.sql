{#- The wall clock as an SQL literal (UTC), for logs: no dbt model computes with it. -#}

{%- macro wall_clock() -%}
    {{ millwright.literal(millwright.wall_clock_text(), 'timestamp') }}
{%- endmacro -%}
