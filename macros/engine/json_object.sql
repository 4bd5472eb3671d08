{#- The columns as one JSON object, as text: compact, keys in the order given, NULLs kept. The same bytes on every engine for text, whole numbers,
    booleans and dates; cast other types to text first. -#}

{%- macro json_object(columns) -%}
    {{ return(adapter.dispatch('json_object', 'millwright')(columns)) }}
{%- endmacro -%}

{#- The standard's json_object() puts spaces around its colons on PostgreSQL; row_to_json() does not. -#}
{%- macro default__json_object(columns) -%}
    (select cast(row_to_json(fields) as text) from (select {{ columns | join(', ') }}) as fields)
{%- endmacro -%}

{%- macro duckdb__json_object(columns) -%}
    cast(json_object({% for column in columns %}'{{ column }}', {{ column }}{{ ', ' if not loop.last }}{% endfor %}) as text)
{%- endmacro -%}

{%- macro spark__json_object(columns) -%}
    to_json(struct({{ columns | join(', ') }}), map('ignoreNullFields', 'false'))
{%- endmacro -%}
