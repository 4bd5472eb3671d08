{#- Whether a row with `valid_from` and `valid_to`, which is exclusive and NULL while the row holds, was in force at a moment. -#}

{%- macro valid_at(relation, moment) -%}
    {{ relation }}.valid_from <= {{ moment }}
    and ({{ relation }}.valid_to > {{ moment }} or {{ relation }}.valid_to is null)
{%- endmacro -%}
