{#- Up to 15 hexadecimal digits, e.g. of an md5, as a whole number. -#}

{%- macro hex_to_integer(expression) -%}
    {{ return(adapter.dispatch('hex_to_integer', 'millwright')(expression)) }}
{%- endmacro -%}

{#- The engines fill bit strings of a fixed length on different sides: sixteen digits leave nothing to fill. -#}
{%- macro default__hex_to_integer(expression) -%}
    ('x' || lpad({{ expression }}, 16, '0'))::bit(64)::bigint
{%- endmacro -%}

{#- Spark has no bit strings; conv reads the hexadecimal digits. -#}
{%- macro spark__hex_to_integer(expression) -%}
    cast(conv({{ expression }}, 16, 10) as bigint)
{%- endmacro -%}
