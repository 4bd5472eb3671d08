{#- The value of an argument as text; appends what is wrong with it to `problems` and then returns none. What YAML does not read as text, but may have
    been meant as such, is refused rather than guessed at. -#}

{%- macro text_of_field(name, value, problems) -%}
    {%- if value is none or value is undefined -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if value is boolean or value is float -%}
        {%- do problems.append(name ~ ' is read as ' ~ value | string | lower ~ ' by YAML; put quotes around it') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if value is mapping or (value is sequence and value is not string) -%}
        {%- do problems.append(name ~ ' is no text') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set text = value | string -%}
    {%- if '\x00' in text -%}
        {%- do problems.append(name ~ ' has the character NUL, which PostgreSQL cannot store') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if text | length > 500 and (name in ['model_name', 'model_version'] or name.endswith('_id')) -%}
        {%- do problems.append(name ~ ' has ' ~ text | length ~ ' characters, more than 500') -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(text) }}
{%- endmacro -%}
