{#- The condition that a row is that of a key: values by column. -#}

{%- macro is_key(key) -%}
    {%- set conditions = [] -%}
    {%- for column, value in key.items() -%}
        {%- do conditions.append(column ~ ' = ' ~ millwright.literal(value)) -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ')) }}
{%- endmacro -%}
