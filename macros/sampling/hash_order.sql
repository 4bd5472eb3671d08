{#- A text that orders rows, by its bytes, as a sample takes them: by the hash of their key, the same 8 digits that `hash_fraction` divides, then by
    the key. NULL where a part of the key is. `key` is a column or a list of columns of `relation`. -#}

{%- macro hash_order(key, salt, relation) -%}
    {%- set key_text = millwright.key_text(key, relation) -%}
    substr({{ millwright.salted_md5(key_text, salt) }}, 1, 8) || {{ key_text }}
{%- endmacro -%}
