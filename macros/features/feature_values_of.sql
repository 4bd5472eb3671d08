{#- The rows of a feature group's table in the form that all groups share, as a query: feature_group, feature_version, entity_id, feature_values
    (JSON), event_at, known_at. `relation` holds the columns of that version, whatever the YAML says now. -#}

{%- macro feature_values_of(group, relation, version) -%}
    select
        cast('{{ group.name }}' as {{ dbt.type_string() }}) as feature_group,
        cast({{ version }} as integer) as feature_version,
        cast(held.{{ group.entity_key }} as {{ dbt.type_string() }}) as entity_id,
        {{ millwright.feature_vector(
            millwright.column_kinds(relation) | rejectattr('name', 'in', [group.entity_key, 'event_at', 'known_at']) | list, 'held'
        ) }} as feature_values,
        held.event_at,
        held.known_at
    from {{ relation }} as held
{%- endmacro -%}
