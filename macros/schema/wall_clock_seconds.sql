{#- The wall clock in seconds, to measure by how long something took for a log. -#}

{%- macro wall_clock_seconds() -%}
    {{ return(modules.datetime.datetime.now(modules.pytz.utc).timestamp()) }}
{%- endmacro -%}
