{#- Post-hook: appends the rows of the model being built to the landing table `ops.<table>`, those it does not hold yet by the columns `key`.
    Columns that the model does not have stay empty. The hook runs in the model's own transaction. -#}

{%- macro append_to_landing(table, key) -%}
    {%- set landing = millwright.landing_table(table) -%}
    {%- set held = adapter.get_columns_in_relation(this) | map(attribute='name') | list if execute else [] -%}
    {%- set columns = millwright.landing_source(table).columns.keys() | reject('equalto', 'run_id') | select('in', held) | list if execute else [] -%}
    insert into {{ landing }} ({{ columns | join(', ') }}, run_id)
    select
        {% for column in columns -%}
        new_rows.{{ column }},
        {% endfor -%}
        '{{ millwright.run_id() }}'
    from {{ this }} as new_rows
    where not exists (
        select 1
        from {{ landing }} as held
        where
            {%- for column in key %}
            {{ 'and ' if not loop.first }}held.{{ column }} = new_rows.{{ column }}
            {%- endfor %}
    );
    {{ millwright.refresh_statistics(landing) }}
{%- endmacro -%}
