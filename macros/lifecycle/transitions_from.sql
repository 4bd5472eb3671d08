{#- The rows of the seed `lifecycle_transitions` that lead on from a status of an entity, or (none) to its first. -#}

{%- macro transitions_from(entity, from_status) -%}
    {{ return(run_query(
        'select to_status, procedure from ' ~ ref('lifecycle_transitions')
        ~ ' where entity = ' ~ millwright.literal(entity)
        ~ ' and from_status ' ~ ('= ' ~ millwright.literal(from_status) if from_status else 'is null')
        ~ ' order by to_status, procedure'
    ).rows) }}
{%- endmacro -%}
