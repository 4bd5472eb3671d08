{#- The schemas that the project writes into, as a list; empty while it is being parsed. -#}

{%- macro project_schemas() -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {{ return(millwright.project_tables() | map(attribute='schema') | unique | sort) }}
{%- endmacro -%}
