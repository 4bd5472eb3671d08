{#- How many rows the tables of dbt's nodes and sources hold: a dict by unique id, without views and what is not there. Call it while `execute` is
    true. -#}

{%- macro rows_of_tables(unique_ids) -%}
    {%- set tables = {} -%}
    {%- for id in unique_ids -%}
        {%- set node = graph.sources.get(id) or graph.nodes.get(id) or {} -%}
        {%- if node.get('relation_name') -%}
            {%- do tables.update({id: api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.get('identifier') or node.get('alias')
            )}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set n_rows = {} -%}
    {%- set query = millwright.table_sizes(tables) -%}
    {%- if query | trim -%}
        {%- for row in run_query(query).rows -%}
            {%- do n_rows.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(n_rows) }}
{%- endmacro -%}
