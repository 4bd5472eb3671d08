{#- The argument `entity_ids` of a procedure, a list or a text with commas, as a list. Raises a compiler error for an empty list and for an id that is
    there twice. -#}

{%- macro checked_entity_ids(procedure, entity_ids) -%}
    {%- set ids = [] -%}
    {%- for id in (entity_ids.split(',') if entity_ids is string else entity_ids) -%}
        {%- do ids.append(none if id is none else id | string | trim) -%}
    {%- endfor -%}
    {%- if not ids -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': entity_ids is empty; name at least one entity') -%}
    {%- endif -%}
    {%- for id in ids -%}
        {%- if id is not none and ids.count(id) > 1 -%}
            {%- do exceptions.raise_compiler_error(procedure ~ ': the entity ' ~ id ~ ' is there ' ~ ids.count(id) ~ ' times; name each once') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(ids) }}
{%- endmacro -%}
