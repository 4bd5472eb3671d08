{#- The declaration of a landing table in the source `ops`, as dbt's graph has it: its relation's names, columns and meta. -#}

{%- macro landing_source(name) -%}
    {%- for source in millwright.landing_sources() if source.name == name -%}
        {{ return(source) }}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error('There is no landing table "' ~ name ~ '" in the source ops') -%}
{%- endmacro -%}
