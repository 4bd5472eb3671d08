{#- One row of a landing table as a query, from a dict of its columns' values; those that are not given are NULL. -#}

{%- macro row_of_landing(table, fields) -%}
    {%- set columns = [] -%}
    {%- for column in millwright.landing_source(table).columns.values() -%}
        {%- do columns.append(millwright.literal(fields.get(column.name), column.data_type) ~ ' as ' ~ column.name) -%}
    {%- endfor -%}
    {{ return('select ' ~ columns | join(', ')) }}
{%- endmacro -%}
