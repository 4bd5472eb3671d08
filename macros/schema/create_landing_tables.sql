{#- Hook: the statements that bring every table of the source `ops` into being from its YAML (names, columns, data types;
    `config.meta.partition_by` and `indexes` where the engine has them). Idempotent: existing tables keep their rows, columns new in
    the YAML are added. -#}

{%- macro create_landing_tables() -%}
    {%- if execute and flags.WHICH in millwright.logged_commands() -%}
begin;
        {%- for source in millwright.landing_sources() -%}
            {%- set relation = millwright.landing_table(source.name) -%}
            {%- set held = millwright.column_names(relation) -%}
            {%- if loop.first %}
create schema if not exists {{ relation.include(database=false, identifier=false) }};
            {%- endif -%}
            {%- if held -%}
                {%- for column in source.columns.values() if column.name not in held %}
alter table {{ relation }} add column {{ column.name }} {{ millwright.sql_type(column.data_type) }};
                {%- endfor -%}
            {%- endif -%}
            {%- for statement in millwright.landing_table_statements(relation, source.columns.values(), source.config.meta) %}
{{ statement }};
            {%- endfor -%}
        {%- endfor %}
commit;
    {%- endif -%}
{%- endmacro -%}
