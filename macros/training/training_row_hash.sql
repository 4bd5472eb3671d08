{#- The hash of a row of a training set, as a whole number: of its example, its split and its labels. Sets are compared by the sum of it. -#}

{%- macro training_row_hash(labels) -%}
    {{ return(millwright.hex_to_integer('substr(' ~ millwright.row_hash(['example_hash', 'data_split'] + labels) ~ ', 1, 8)')) }}
{%- endmacro -%}
