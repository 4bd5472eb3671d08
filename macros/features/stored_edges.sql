{#- The edges held by a relation that was made of `bin_edges`, ascending, as a list of numbers in text, exact to the last digit: for `bin_values`.
    Empty while the project is being parsed and before the relation exists. -#}

{%- macro stored_edges(relation, rows='true') -%}
    {%- if execute and load_relation(relation) -%}
        {%- set query -%}
            select {{ millwright.float_text('edge') }} as edge
            from {{ relation }}
            where {{ rows }}
            order by edge_number
        {%- endset -%}
        {{ return(run_query(query).columns['edge'].values() | list) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro -%}
