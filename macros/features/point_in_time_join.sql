{#- The rows of a spine with the features that were known at their moments: of each group the row with the newest `event_at`, of several the newest
    `known_at`, among those whose two clocks both lie at or before the moment; NULLs where there is none or it is older than the group's time to live.
    Beside the features, `<group>__event_at` and `<group>__known_at` tell what was used.

    The query fails for a spine with NULL moments, moments after as_of or several rows for an entity and moment. -#}

{%- macro point_in_time_join(spine, entity_key, as_of, feature_groups, max_age=none) -%}
    {%- set chosen = feature_groups if feature_groups is mapping else {} -%}
    {%- set names = feature_groups | list -%}
    {%- if feature_groups is string or not names -%}
        {%- do exceptions.raise_compiler_error(
            'point_in_time_join: feature_groups is a list of groups, or maps groups to lists of their features'
        ) -%}
    {%- endif -%}
    {%- set relations = {} -%}
    {%- for name in names -%}
        {%- do relations.update({name: ref('feat_' ~ name)}) -%}
    {%- endfor -%}
    {%- set groups = millwright.feature_groups(names) or (millwright.undeclared_groups(chosen, entity_key) if execute else []) -%}
    {%- set features = millwright.features_of_groups(groups, chosen) -%}
    {%- if not groups -%}
    select * from {{ spine }}
    {%- else -%}
    with

    spine_moments as (

        {{ millwright.spine_moments(spine, entity_key, as_of) | indent(4) }}

    ),
    {%- for group in groups %}

    {{ group.name }} as (

        {{ millwright.as_of_join(
            'spine_moments',
            relations[group.name],
            group.entity_key,
            features[group.name],
            group.time_to_live_days if max_age is none else max_age,
            group.has_late_rows
        ) | indent(4) }}

    ){{ ',' if not loop.last }}
    {%- endfor %}

    select
        spine.*,
        {%- for group in groups %}
        {%- for feature in features[group.name] %}
        {{ group.name }}.{{ feature }},
        {%- endfor %}
        {{ group.name }}.event_at as {{ group.name }}__event_at,
        {{ group.name }}.known_at as {{ group.name }}__known_at{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ spine }} as spine
    {%- for group in groups %}
    left join {{ group.name }}
        on
            spine.{{ entity_key }} = {{ group.name }}.entity_id
            and spine.{{ as_of }} = {{ group.name }}.moment
    {%- endfor %}
    {%- endif %}
{%- endmacro -%}
