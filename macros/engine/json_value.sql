{#- The value of a key of a JSON object that is held as text, as text; NULL where the key is missing or its value is null. -#}

{%- macro json_value(expression, key) -%}
    {{ return(adapter.dispatch('json_value', 'millwright')(expression, key)) }}
{%- endmacro -%}

{%- macro default__json_value(expression, key) -%}
    (cast({{ expression }} as json) ->> '{{ key }}')
{%- endmacro -%}

{#- As an operator it binds less tightly than a comparison on DuckDB. -#}
{%- macro duckdb__json_value(expression, key) -%}
    json_extract_string({{ expression }}, '$."{{ key }}"')
{%- endmacro -%}

{%- macro spark__json_value(expression, key) -%}
    get_json_object({{ expression }}, '$.{{ key }}')
{%- endmacro -%}
