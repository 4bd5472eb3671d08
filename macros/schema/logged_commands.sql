{#- The dbt commands that change or check the warehouse: these need the landing tables and are logged in them. -#}

{%- macro logged_commands() -%}
    {{ return(['build', 'run', 'seed', 'snapshot', 'test', 'retry']) }}
{%- endmacro -%}
