{#- What the YAML of a set of training examples says about it, for the audits: a dict with name, entity_key, as_of (its column of moments) and groups
    (the feature groups whose clocks it carries as `<group>__event_at` and `<group>__known_at`). Empty while the project is being parsed. -#}

{%- macro training_set(name) -%}
    {%- if not execute -%}
        {{ return({'name': name, 'entity_key': '', 'as_of': '', 'groups': []}) }}
    {%- endif -%}
    {%- set nodes = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'equalto', name) | list -%}
    {%- set meta = (nodes[0].config.get('meta', {}).get('training_set') if nodes) or {} -%}
    {%- if not meta.get('entity_key') or not meta.get('as_of') -%}
        {%- do exceptions.raise_compiler_error(
            'The training set ' ~ name ~ ' does not say whom and when it is about: its YAML lacks config.meta.training_set with entity_key and as_of'
        ) -%}
    {%- endif -%}
    {%- set groups = [] -%}
    {%- for column in nodes[0].columns if column.endswith('__known_at') -%}
        {%- do groups.append(column[:-10]) -%}
    {%- endfor -%}
    {%- if not groups -%}
        {%- do exceptions.raise_compiler_error(
            'The training set ' ~ name ~ ' carries no clocks: its YAML has no column <group>__known_at, so nobody can tell what its values knew'
        ) -%}
    {%- endif -%}
    {%- for parent in nodes[0].depends_on.nodes if parent.split('.')[2].startswith('feat_') and parent.split('.')[2][5:] not in groups -%}
        {%- do exceptions.raise_compiler_error(
            'The training set ' ~ name ~ ' reads ' ~ parent.split('.')[2] ~ ' but carries no clocks of it: look its features up by '
            ~ 'point_in_time_join and describe the columns <group>__event_at and <group>__known_at in the YAML'
        ) -%}
    {%- endfor -%}
    {{ return({'name': name, 'entity_key': meta['entity_key'], 'as_of': meta['as_of'], 'groups': groups}) }}
{%- endmacro -%}
