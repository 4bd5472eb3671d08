{#- Text as a JSON string in its quotes, escaped; NULL for NULL. -#}

{%- macro json_string(expression) -%}
    {{ return(adapter.dispatch('json_string', 'millwright')(expression)) }}
{%- endmacro -%}

{%- macro default__json_string(expression) -%}
    cast(to_json(cast({{ expression }} as text)) as text)
{%- endmacro -%}

{#- Spark has to_json() for structures only. -#}
{%- macro spark__json_string(expression) -%}
    substr(to_json(struct({{ expression }} as s)), 6, length(to_json(struct({{ expression }} as s))) - 6)
{%- endmacro -%}
