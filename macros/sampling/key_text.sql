{#- The key of a row as one text that no other key has; NULL where a part of it is. `key` is a column or a list of columns of `relation`. -#}

{%- macro key_text(key, relation) -%}
    {%- set columns = [key] if key is string else key -%}
    {%- for column in columns -%}
        {%- set value = 'cast(' ~ relation ~ '.' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- if columns | length == 1 -%}
            {{ value }}
        {%- else -%}
            cast(length({{ value }}) as {{ dbt.type_string() }}) || ':' || {{ value }}{{ ' || ' if not loop.last }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}
