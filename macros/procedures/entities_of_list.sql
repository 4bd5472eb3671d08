{#- A query with a row per id of a list: entity_id. -#}

{%- macro entities_of_list(ids) -%}
    {%- for id in ids -%}
        select {{ millwright.literal(id) }} as entity_id{{ ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
