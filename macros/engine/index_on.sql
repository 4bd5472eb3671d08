{#- The statement for a hook or a materialization that gives a table an index, where the engine looks rows up by one; nothing elsewhere. -#}

{%- macro index_on(relation, columns) -%}
    {{ return(adapter.dispatch('index_on', 'millwright')(relation, columns)) }}
{%- endmacro -%}

{%- macro default__index_on(relation, columns) -%}
{%- endmacro -%}

{%- macro postgres__index_on(relation, columns) -%}
    create index on {{ relation }} ({{ columns | join(', ') }})
{%- endmacro -%}
