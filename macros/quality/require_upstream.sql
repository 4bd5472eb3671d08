{#- Raises a compiler error unless the dbt model stands on all the nodes named, however far up. -#}

{%- macro require_upstream(model_name, node_names) -%}
    {%- set nodes = graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) | list -%}
    {%- set waiting = nodes | selectattr('name', 'equalto', model_name) | map(attribute='unique_id') | list -%}
    {%- set found = [] -%}
    {%- for _ in nodes if waiting -%}
        {%- for parent in graph.nodes[waiting.pop()].depends_on.nodes if parent in graph.nodes and parent not in found -%}
            {%- do found.append(parent) -%}
            {%- do waiting.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set names = nodes | selectattr('unique_id', 'in', found) | map(attribute='name') | list -%}
    {%- for name in node_names if name not in names -%}
        {%- do exceptions.raise_compiler_error(
            model_name ~ ' is not built from ' ~ name ~ ', so dbt would not wait for a test that reads both: say `-- depends_on: '
            ~ "{{ ref('" ~ name ~ "') }}` in " ~ model_name
        ) -%}
    {%- endfor -%}
{%- endmacro -%}
