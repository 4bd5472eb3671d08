{#- The declarations of all landing tables, as dbt's graph has them. Call it while `execute` is true. -#}

{%- macro landing_sources() -%}
    {{ return(graph.sources.values() | selectattr('source_name', 'equalto', 'ops') | selectattr('package_name', 'equalto', 'millwright') | list) }}
{%- endmacro -%}
