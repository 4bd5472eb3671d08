{#- The insert statement for a version of a feature group. -#}

{%- macro insert_feature_version(group, version, logic) -%}
    insert into {{ millwright.landing_table('feature_versions') }} (
        feature_group, feature_version, logic_hash, logic, entity_key, features, event_at, known_at, run_id
    )
    values (
        {{ millwright.literal(group.name) }},
        {{ version }},
        {{ millwright.literal(local_md5(logic)) }},
        {{ millwright.literal(logic) }},
        {{ millwright.literal(group.entity_key) }},
        {{ millwright.literal(group.features | join('|')) }},
        {{ millwright.as_of() }},
        {{ millwright.as_of() }},
        {{ millwright.literal(millwright.run_id()) }}
    )
{%- endmacro -%}
