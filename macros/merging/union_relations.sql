{#- The rows of all relations under one set of columns. With `columns` nothing is read from the warehouse, so that CTEs and the inputs of unit
    tests can be sources; without it, the columns are read when the dbt model is compiled, and every relation must be there by then. -#}

{%- macro union_relations(
    relations, columns={}, mappings={}, source_column='source_system', include=[], column_types={}, distinct=false
) -%}
    {%- if relations is not mapping or not relations -%}
        {%- do exceptions.raise_compiler_error('union_relations: relations must map at least one source to its relation') -%}
    {%- endif -%}
    {%- if not execute and not columns -%}
        {{ return('') }}
    {%- endif -%}
    {%- set aligned = millwright.align_columns(relations, columns, mappings, include, column_types) -%}
    {%- for source, relation in relations.items() -%}
        {%- if not loop.first %}

    {{ 'union' if distinct else 'union all' }}

    {% endif -%}
    select
        {%- if source_column %}
        {{ millwright.literal(source) }} as {{ source_column }},
        {%- endif %}
        {{ aligned[source] | join(',\n        ') }}
    from {{ relation }}
    {%- endfor -%}
{%- endmacro -%}
