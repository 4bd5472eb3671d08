{#- Which labels are true, as a JSON array of texts, as an SQL expression: `labels` are columns of booleans of `relation`. -#}

{%- macro json_of_labels(relation, labels) -%}
    '[' || concat_ws(', '
        {%- for label in labels -%}
        , case when {{ relation }}.{{ label }} then '"{{ label }}"' end
        {%- endfor -%}
        ) || ']'
{%- endmacro -%}
