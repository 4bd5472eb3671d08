{#- Identifies the run that writes a row: the var `run_id` that the nightly command passes, else dbt's own invocation id. -#}

{%- macro run_id() -%}
    {{ return(var('run_id', invocation_id)) }}
{%- endmacro -%}
