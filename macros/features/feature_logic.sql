{#- The logic of a feature model as text, for its version: the compiled query without comments, spacing, as_of and the names of the places that hold
    its inputs, which change without changing a value. -#}

{%- macro feature_logic(compiled_sql) -%}
    {#- What stands in quotes is no comment and no place. -#}
    {%- set text = "('(?:[^']|'')*')|" -%}
    {%- set without_comments = modules.re.sub(text ~ '--[^\n]*|(?s:/\\*.*?\\*/)', '\\1', compiled_sql | replace(var('as_of') | string, '')) -%}
    {%- set without_places = modules.re.sub(text ~ '(?:[`"][^`"]+[`"]\\.){1,2}([`"][^`"]+[`"])', '\\1\\2', without_comments) -%}
    {{ return(modules.re.sub('\\s+', ' ', without_places) | trim) }}
{%- endmacro -%}
