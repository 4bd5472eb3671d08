{#- The grains of the var `evaluation_grains` as a relation with the one column `grain`. What is made of scores has no hours. -#}

{%- macro evaluated_grains(with_hours=true) -%}
    {%- set known = ['hour', 'day', 'week', 'month', 'all'] -%}
    {%- set grains = var('evaluation_grains') -%}
    {%- if grains is string or not grains or grains | reject('in', known) | list -%}
        {%- do exceptions.raise_compiler_error(
            'The var evaluation_grains is "' ~ grains ~ '"; it must be a list of some of ' ~ known | join(', ')
        ) -%}
    {%- endif -%}
    (values ('{{ (grains if with_hours else grains | reject('equalto', 'hour')) | join("'), ('") }}')) as grains (grain)
{%- endmacro -%}
