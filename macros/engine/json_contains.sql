{#- Whether a JSON array of texts, held as text, has `element`; NULL for NULL. -#}

{%- macro json_contains(expression, element) -%}
    {{ return(adapter.dispatch('json_contains', 'millwright')(expression, element)) }}
{%- endmacro -%}

{%- macro default__json_contains(expression, element) -%}
    cast({{ expression }} as jsonb) ? {{ element }}
{%- endmacro -%}

{%- macro duckdb__json_contains(expression, element) -%}
    list_contains(json_extract_string({{ expression }}, '$[*]'), {{ element }})
{%- endmacro -%}

{%- macro spark__json_contains(expression, element) -%}
    array_contains(from_json({{ expression }}, 'array<string>'), {{ element }})
{%- endmacro -%}
