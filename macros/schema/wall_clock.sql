{#- The wall clock as an SQL literal (UTC), for logs: no dbt model computes with it. -#}

{%- macro wall_clock() -%}
    {{ millwright.literal(modules.datetime.datetime.now(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f'), 'timestamp') }}
{%- endmacro -%}
