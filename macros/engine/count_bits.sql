{#- How many bits of a whole number are set. -#}

{%- macro count_bits(expression) -%}
    {{ return(adapter.dispatch('count_bits', 'millwright')(expression)) }}
{%- endmacro -%}

{%- macro default__count_bits(expression) -%}
    bit_count({{ expression }})
{%- endmacro -%}

{%- macro postgres__count_bits(expression) -%}
    bit_count(cast({{ expression }} as bit(64)))
{%- endmacro -%}
