{#- The valid rows of `ops.model_versions`, as a relation for a `from`, for procedures. -#}

{%- macro registered_model_versions() -%}
    {{ return(
        '(select * from ' ~ millwright.landing_table('model_versions') ~ ' where ' ~ millwright.model_version_problems() ~ ' is null)'
    ) }}
{%- endmacro -%}
