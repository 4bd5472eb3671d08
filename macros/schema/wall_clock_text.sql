{#- The wall clock (UTC) as text, for what happens by the call of a procedure. -#}

{%- macro wall_clock_text() -%}
    {{ return(modules.datetime.datetime.now(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{%- endmacro -%}
