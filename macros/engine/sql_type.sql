{#- The engine's name of a data type written in the project's YAML: text, bigint, integer, float8, boolean, date, timestamp, numeric(p, s). -#}

{%- macro sql_type(data_type) -%}
    {{ return(adapter.dispatch('sql_type', 'millwright')(data_type)) }}
{%- endmacro -%}

{%- macro default__sql_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro -%}

{%- macro spark__sql_type(data_type) -%}
    {{ return({'text': 'string', 'float8': 'double'}.get(data_type, data_type)) }}
{%- endmacro -%}
