{#- JSON that is held as text, as text that is equal for equal content as far as `json_hash` can tell, and for equal text otherwise. -#}

{%- macro comparable_json(expression) -%}
    coalesce(
        case when {{ millwright.json_kind(expression) }} = 'object' then {{ millwright.json_hash(expression) }} end,
        {{ expression }}
    )
{%- endmacro -%}
