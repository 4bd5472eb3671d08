{#- The features of a group with what their columns hold, as `column_kinds` gives them; `names` chooses and orders, none means all. -#}

{%- macro feature_kinds(group, names=none) -%}
    {%- set kinds = {} -%}
    {%- for column in millwright.column_kinds(group.relation) -%}
        {%- do kinds.update({column.name: column}) -%}
    {%- endfor -%}
    {%- set chosen = [] -%}
    {%- for name in (group.features if names is none else names) -%}
        {%- if name not in kinds -%}
            {%- do exceptions.raise_compiler_error(
                'The feature group ' ~ group.name ~ ' has no feature "' ~ name ~ '" in ' ~ group.relation ~ '; is it built?'
            ) -%}
        {%- endif -%}
        {%- do chosen.append(kinds[name]) -%}
    {%- endfor -%}
    {{ return(chosen) }}
{%- endmacro -%}
