{#- The indexes that stand in the project's YAML, as a list of dicts: schema_name, table_name, column_names. Beside a landing table that is
    `config.meta.indexes` and `unique_indexes`, beside a dbt model `config.indexes` or a hook with `index_on`; a feature group has one by its key and
    event_at. -#}

{%- macro declared_indexes() -%}
    {%- set declared = [] -%}
    {%- if execute -%}
        {%- for source in millwright.landing_sources() -%}
            {%- for columns in source.config.meta.get('indexes', []) + source.config.meta.get('unique_indexes', []) -%}
                {%- do declared.append({'node': source, 'table_name': source.identifier, 'columns': columns}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.package_name == 'millwright' -%}
            {%- for index in node.config.get('indexes') or [] -%}
                {%- do declared.append({'node': node, 'table_name': node.alias, 'columns': index['columns']}) -%}
            {%- endfor -%}
            {%- for hook in node.config.get('post-hook') or [] -%}
                {%- for columns in modules.re.findall("index_on\\(this, \\[(.*?)\\]\\)", hook['sql']) -%}
                    {%- do declared.append({'node': node, 'table_name': node.alias, 'columns': columns.replace("'", '').split(', ')}) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- if node.config.materialized == 'feature_group' -%}
                {%- set columns = [millwright.feature_group(node).entity_key, 'event_at'] -%}
                {%- do declared.append({'node': node, 'table_name': node.alias, 'columns': columns}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for index in declared -%}
        {%- do found.append({'schema_name': index.node.schema, 'table_name': index.table_name, 'column_names': index.columns | join(', ')}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro -%}
