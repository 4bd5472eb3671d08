{#- The logic of a feature model as text, for its version: the compiled query without comments, spacing and the names of the places that hold its
    inputs, which change without changing a value. -#}

{%- macro feature_logic(compiled_sql) -%}
    {%- set without_comments = modules.re.sub('--[^\n]*', '', modules.re.sub('(?s)/\\*.*?\\*/', '', compiled_sql)) -%}
    {%- set without_places = modules.re.sub('(?:[`"][^`"]+[`"]\\.){1,2}([`"][^`"]+[`"])', '\\1', without_comments) -%}
    {{ return(modules.re.sub('\\s+', ' ', without_places) | trim) }}
{%- endmacro -%}
