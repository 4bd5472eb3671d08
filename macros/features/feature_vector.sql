{#- Columns as one JSON object, as text: numbers as numbers, NULL as null, the same bytes on every engine. `columns` are dicts as `column_kinds`
    gives them. -#}

{%- macro feature_vector(columns, relation) -%}
    concat(
        {%- for column in columns %}
        {%- set value = relation ~ '.' ~ column.name %}
        {%- set text -%}
            {%- if column.is_float -%}
                {{ millwright.float_text(value) }}
            {%- elif column.kind in ['number', 'boolean'] -%}
                cast({{ value }} as {{ dbt.type_string() }})
            {%- elif column.kind in ['date', 'timestamp'] -%}
                '"' || cast({{ value }} as {{ dbt.type_string() }}) || '"'
            {%- else -%}
                {{ millwright.json_string(value) }}
            {%- endif -%}
        {%- endset %}
        '{{ '{' if loop.first else ',' }}"{{ column.name }}":', coalesce({{ text }}, 'null'),
        {%- endfor %}
        '}'
    )
{%- endmacro -%}
