{#- A query with a row per id of a list: entity_id. -#}

{%- macro entities_of_list(ids) -%}
    select entity_id
    from (
        values
        {%- for id in ids %}
        ({{ millwright.literal(id) }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (entity_id)
{%- endmacro -%}
