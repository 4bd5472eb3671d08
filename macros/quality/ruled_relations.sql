{#- What rules may check and refer to: the dbt models of the var `ruled_relations`, by name. -#}

{%- macro ruled_relations() -%}
    {%- set relations = {} -%}
    {%- for name in var('ruled_relations') -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {{ return(relations) }}
{%- endmacro -%}
