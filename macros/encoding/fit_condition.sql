{#- The condition that joins rows with those of their fit: `versions` maps columns of the fit to expressions over the row. -#}

{%- macro fit_condition(alias, versions) -%}
    {%- set conditions = [] -%}
    {%- for column, expression in versions.items() -%}
        {%- do conditions.append(alias ~ '.' ~ column ~ ' = ' ~ expression) -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ') or 'true') }}
{%- endmacro -%}
