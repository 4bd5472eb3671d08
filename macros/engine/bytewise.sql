{#- The text `expression` for an `order by` that is the same on every engine and server: by its bytes, whatever the collation. -#}

{%- macro bytewise(expression) -%}
    {{ return(adapter.dispatch('bytewise', 'millwright')(expression)) }}
{%- endmacro -%}

{%- macro default__bytewise(expression) -%}
    {{ return(expression) }}
{%- endmacro -%}

{%- macro postgres__bytewise(expression) -%}
    {{ return(expression ~ ' collate "C"') }}
{%- endmacro -%}
