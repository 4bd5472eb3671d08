{#- The hash of a row of a training set, as a whole number: of its example, its split and the `columns`, its labels and what weights it. Sets are
    compared by the sum of it. -#}

{%- macro training_row_hash(columns) -%}
    {{ return(millwright.hex_to_integer('substr(' ~ millwright.row_hash(['example_hash', 'data_split'] + columns) ~ ', 1, 8)')) }}
{%- endmacro -%}
