{#- A statement for a hook: fresh planner statistics for a table that was just written, where the engine does not keep them itself.
    Without them PostgreSQL plans the next dbt model's joins blind. Nothing for views. -#}

{%- macro refresh_statistics(relation, materialized='table') -%}
    {%- if materialized != 'view' -%}
        {{ return(adapter.dispatch('refresh_statistics', 'millwright')(relation)) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__refresh_statistics(relation) -%}
{%- endmacro -%}

{%- macro postgres__refresh_statistics(relation) -%}
    analyze {{ relation }}
{%- endmacro -%}
