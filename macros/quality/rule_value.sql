{#- A text of a rule as a literal to compare with columns of a kind. -#}

{%- macro rule_value(text, kind) -%}
    {%- set types = {'number': 'float8', 'date': 'timestamp', 'timestamp': 'timestamp', 'boolean': 'boolean'} -%}
    {{ return(millwright.literal(text, types.get(kind, 'text'))) }}
{%- endmacro -%}
