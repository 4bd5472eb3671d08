{#- The relation of a landing table, for hooks: these run outside any model, where `source()` is not at hand. -#}

{%- macro landing_table(name) -%}
    {%- if not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set source = millwright.landing_source(name) -%}
    {{ return(api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier)) }}
{%- endmacro -%}
