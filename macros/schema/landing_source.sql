{#- The declaration of a landing table in the source `ops`, as dbt's graph has it: its relation's names, columns and meta. -#}

{%- macro landing_source(name) -%}
    {%- for source in graph.sources.values() if source.source_name == 'ops' and source.name == name and source.package_name == 'millwright' -%}
        {{ return(source) }}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error('There is no landing table "' ~ name ~ '" in the source ops') -%}
{%- endmacro -%}
