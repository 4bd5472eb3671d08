{#- The relation of a landing table, for hooks: these run outside any model, where `source()` is not at hand. -#}

{%- macro landing_table(name) -%}
    {%- if not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for source in graph.sources.values() if source.source_name == 'ops' and source.name == name and source.package_name == 'millwright' -%}
        {{ return(api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier)) }}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error('There is no landing table "' ~ name ~ '" in the source ops') -%}
{%- endmacro -%}
