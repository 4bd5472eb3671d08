{#- What the YAML of a feature model says about its group, as a dict: name, relation, entity, entity_key, time_to_live_days, has_late_rows,
    features (columns but for the key and the clocks), description, owner, node. -#}

{%- macro feature_group(node) -%}
    {%- set meta = node.config.get('meta', {}).get('feature_group') -%}
    {%- set name = node.name[5:] -%}
    {%- if meta is not mapping or not meta.get('entity') or not meta.get('entity_key') -%}
        {%- do exceptions.raise_compiler_error(
            node.name ~ ' is no feature group: its YAML lacks config.meta.feature_group with entity and entity_key'
        ) -%}
    {%- endif -%}
    {%- set columns = node.columns.keys() | list -%}
    {%- for column in [meta['entity_key'], 'event_at', 'known_at'] if column not in columns -%}
        {%- do exceptions.raise_compiler_error(
            'The feature group ' ~ name ~ ' has no column ' ~ column ~ ' in the YAML of ' ~ node.name
            ~ '; a group needs its entity key and both clocks, event_at and known_at'
        ) -%}
    {%- endfor -%}
    {{ return({
        'name': name,
        'relation': api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type='table'),
        'entity': meta['entity'],
        'entity_key': meta['entity_key'],
        'time_to_live_days': meta.get('time_to_live_days'),
        'has_late_rows': meta.get('has_late_rows', true),
        'features': columns | reject('in', [meta['entity_key'], 'event_at', 'known_at']) | list,
        'description': node.description,
        'owner': meta.get('owner'),
        'node': node,
    }) }}
{%- endmacro -%}
