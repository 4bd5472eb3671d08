{#- How many elements a JSON array has that is held as text; NULL for NULL. -#}

{%- macro json_length(expression) -%}
    {{ return(adapter.dispatch('json_length', 'millwright')(expression)) }}
{%- endmacro -%}

{%- macro default__json_length(expression) -%}
    json_array_length(cast({{ expression }} as json))
{%- endmacro -%}

{%- macro spark__json_length(expression) -%}
    json_array_length({{ expression }})
{%- endmacro -%}
