{#- Raises a compiler error for a dbt model that reads a source table without waiting until what is new there was counted: what comes between its
    reading and the count would pass for done. -#}

{%- macro check_readers(source_name, table_name) -%}
    {%- set source_id = ['source', model.package_name, source_name, table_name] | join('.') -%}
    {#- A unit test has no graph. -#}
    {%- for node in graph.get('nodes', {}).values() if node.resource_type in ['model', 'snapshot'] and node.unique_id != model.unique_id -%}
        {%- if source_id in node.depends_on.nodes and model.unique_id not in node.depends_on.nodes -%}
            {%- do exceptions.raise_compiler_error(
                node.original_file_path ~ ' reads the source table ' ~ source_name ~ '.' ~ table_name
                ~ " perhaps before what is new there is counted; put {{- millwright.count_first('" ~ model.name ~ "') -}} at its top"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}
