{#- The stratum of a row as one value to group and to join by, NULLs included: the columns `strata`, a name or a list, of `relation`. -#}

{%- macro stratum_of(strata, relation) -%}
    {%- set columns = [] -%}
    {%- for column in ([strata] if strata is string else strata) -%}
        {%- do columns.append(relation ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(millwright.combination(columns)) }}
{%- endmacro -%}
