{#- The most edges that `placed_in_bins` needs for the bins held by `references`, a relation with bin_number and lower_bound; one before it
    exists. -#}

{%- macro most_edges(references) -%}
    {%- if execute and load_relation(references) -%}
        {%- set most = run_query('select max(bin_number) from ' ~ references ~ ' where lower_bound is not null').columns[0].values()[0] -%}
        {{ return([(most or 3) - 2, 1] | max) }}
    {%- endif -%}
    {{ return(1) }}
{%- endmacro -%}
