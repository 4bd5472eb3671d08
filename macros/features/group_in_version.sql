{#- The table of a feature group, or what it held in an older version, for the `from` of a query: the entity key, event_at, known_at and, as numbers,
    `features`. Raises a compiler error for a version that was never built. -#}

{%- macro group_in_version(group, features, version) -%}
    {%- set built = run_query(
        'select feature_version from ' ~ millwright.landing_table('feature_versions') ~ ' where feature_group = '
        ~ millwright.literal(group.name) ~ ' order by feature_version'
    ).columns[0].values() | list -%}
    {%- if version not in built -%}
        {%- do exceptions.raise_compiler_error(
            'The feature group ' ~ group.name ~ ' has no version ' ~ version ~ '; there are ' ~ (built | join(', ') or 'none')
        ) -%}
    {%- endif -%}
    {%- if version == built[-1] -%}
        {{ return(group.relation) }}
    {%- endif -%}
    {%- set held -%}
        (
            select
                entity_id as {{ group.entity_key }},
                {%- for feature in features %}
                cast({{ millwright.json_value('feature_values', feature) }} as {{ millwright.sql_type('float8') }}) as {{ feature }},
                {%- endfor %}
                event_at,
                known_at
            from {{ millwright.landing_table('feature_values') }}
            where
                feature_group = {{ millwright.literal(group.name) }}
                and feature_version = {{ version }}
        )
    {%- endset -%}
    {{ return(held) }}
{%- endmacro -%}
