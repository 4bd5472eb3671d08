{#- The names of a relation's columns, lower case, read without opening a transaction (`adapter.get_columns_in_relation` opens one, which
    a run hook would leave behind); empty where the relation does not exist. -#}

{%- macro column_names(relation) -%}
    {{ return(adapter.dispatch('column_names', 'millwright')(relation)) }}
{%- endmacro -%}

{%- macro default__column_names(relation) -%}
    {{ return(
        run_query(
            "select lower(column_name) as column_name from information_schema.columns where table_schema = '" ~ relation.schema
            ~ "' and table_name = '" ~ relation.identifier ~ "' order by ordinal_position"
        ).columns['column_name'].values() | list
    ) }}
{%- endmacro -%}

{%- macro spark__column_names(relation) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list) }}
{%- endmacro -%}
