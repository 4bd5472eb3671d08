{#- A number in [0, 1) that depends only on `expression` and `salt`: the same row gets the same number on every engine
    and every run, so a sample or a split never moves. The first 8 hexadecimal digits of md5, over 16^8. -#}

{%- macro hash_fraction(expression, salt) -%}
    ({{ millwright.hex_to_integer('substr(' ~ millwright.salted_md5(expression, salt) ~ ', 1, 8)') }} / 4294967296.0)
{%- endmacro -%}
