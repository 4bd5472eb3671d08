{#- The feature groups of these names, or all, as `feature_group` describes them, in the order given or by name: a list of dicts. A group is a dbt
    model `feat_<name>` whose YAML has config.meta.feature_group, in any package. Empty while the project is being parsed, and in
    unit tests, which dbt shows no graph. -#}

{%- macro feature_groups(names=none) -%}
    {%- if not execute or graph is not mapping or 'nodes' not in graph -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set nodes = {} -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
        {%- if node.name.startswith('feat_') and node.config.get('meta', {}).get('feature_group') -%}
            {%- do nodes.update({node.name[5:]: node}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set groups = [] -%}
    {%- for name in (nodes | sort if names is none else names) -%}
        {%- if name not in nodes -%}
            {%- do exceptions.raise_compiler_error(
                'There is no feature group "' ~ name ~ '"; there are ' ~ (nodes | sort | join(', ') or 'none')
            ) -%}
        {%- endif -%}
        {%- do groups.append(millwright.feature_group(nodes[name])) -%}
    {%- endfor -%}
    {{ return(groups) }}
{%- endmacro -%}
