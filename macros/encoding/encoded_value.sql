{#- What `apply_encodings` finds for a row: by its category or bin, or else for NULL or an unknown category. Every number has a bin: without one a
    row has no number. -#}

{%- macro encoded_value(column) -%}
    {%- set found = column.name ~ ('.lower_bound' if column.is_binned else '.category') -%}
    {%- set value -%}
        case
            when {{ found }} is not null then {{ column.name }}.{{ column.figure }}
            {%- if not column.is_binned %}
            when unencoded.{{ column.feature }} is not null then fits.{{ column.name }}__unknown
            {%- endif %}
            else fits.{{ column.name }}__null
        end
    {%- endset -%}
    {{ return(value) }}
{%- endmacro -%}
