{#- Columns as one JSON object, as text: numbers as numbers, NULL and what is no finite number as null, the same bytes on every engine. `columns` are
    dicts as `column_kinds` gives them. -#}

{%- macro feature_vector(columns, relation) -%}
    {%- for column in columns -%}
        {%- set value = relation ~ '.' ~ column.name -%}
        {%- set text -%}
            {%- if column.is_float -%}
                nullif(nullif(nullif({{ millwright.float_text(value) }}, 'NaN'), 'Infinity'), '-Infinity')
            {%- elif column.kind in ['number', 'boolean'] -%}
                cast({{ value }} as {{ dbt.type_string() }})
            {%- elif column.kind in ['date', 'timestamp'] -%}
                '"' || cast({{ value }} as {{ dbt.type_string() }}) || '"'
            {%- else -%}
                {{ millwright.json_string(value) }}
            {%- endif -%}
        {%- endset %}
    '{{ '{' if loop.first else ',' }}"{{ column.name }}":' || coalesce({{ text }}, 'null') ||
    {%- endfor %}
    '}'
{%- endmacro -%}
