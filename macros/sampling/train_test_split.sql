{#- All rows of a relation with data_split, chosen by `split_by_hash` of the key: rows with the same key go together, so split examples by their
    customer. A row without a key is in no split: NULL. -#}

{%- macro train_test_split(relation, key, shares, salt='split') -%}
    {%- do millwright.check_sampling('train_test_split', relation, {'key': key}, {}, ['data_split']) -%}
    select
        examples.*,
        {{ millwright.split_by_hash(millwright.key_text(key, 'examples'), shares, salt) | indent(8) }} as data_split
    from {{ relation }} as examples
{%- endmacro -%}
