{#- The value of a key, itself an expression, of a JSON object that is held as text, as text; NULL where the key is missing or its value is null. -#}

{%- macro json_value_at(expression, key) -%}
    {{ return(adapter.dispatch('json_value_at', 'millwright')(expression, key)) }}
{%- endmacro -%}

{%- macro default__json_value_at(expression, key) -%}
    (cast({{ expression }} as json) ->> {{ key }})
{%- endmacro -%}

{%- macro duckdb__json_value_at(expression, key) -%}
    json_extract_string({{ expression }}, '$."' || {{ key }} || '"')
{%- endmacro -%}

{%- macro spark__json_value_at(expression, key) -%}
    get_json_object({{ expression }}, concat('$.', {{ key }}))
{%- endmacro -%}
