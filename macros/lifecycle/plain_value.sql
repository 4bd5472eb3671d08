{#- An argument as JSON can hold it: YAML reads 1998-07-01 as a date. -#}

{%- macro plain_value(value) -%}
    {%- if value is mapping -%}
        {%- set plain = {} -%}
        {%- for name, item in value.items() -%}
            {%- do plain.update({name | string: millwright.plain_value(item)}) -%}
        {%- endfor -%}
        {{ return(plain) }}
    {%- elif value is sequence and value is not string -%}
        {%- set plain = [] -%}
        {%- for item in value -%}
            {%- do plain.append(millwright.plain_value(item)) -%}
        {%- endfor -%}
        {{ return(plain) }}
    {%- elif value is none or value is string or value is number -%}
        {{ return(value) }}
    {%- endif -%}
    {{ return(value | string) }}
{%- endmacro -%}
