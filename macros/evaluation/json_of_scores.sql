{#- A JSON object of the scores of classes or labels, rounded to nine decimals, as an SQL expression: columns `<label>_score` of `relation`. -#}

{%- macro json_of_scores(relation, labels) -%}
    '{'
    {%- for label in labels %}
            || '{{ ', ' if not loop.first }}"{{ label }}": '
            || {{ millwright.float_text('floor(' ~ relation ~ '.' ~ label ~ '_score * 1e9 + 0.5) / 1e9') | trim }}
    {%- endfor %}
            || '}'
{%- endmacro -%}
