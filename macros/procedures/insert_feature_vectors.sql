{#- The insert statement that computes a model's vectors for the entities of a query, as of a moment, into `ops.feature_vectors`. Entities of which
    none of the model's feature groups knows anything get none. -#}

{%- macro insert_feature_vectors(procedure, model_name, model_version, entities, at) -%}
    {%- set features = run_query(
        'select feature_group, feature from ' ~ millwright.landing_table('model_features')
        ~ ' where model_name = ' ~ millwright.literal(model_name) ~ ' and model_version = ' ~ millwright.literal(model_version)
        ~ ' group by feature_group, feature order by min(feature_order)'
    ).rows -%}
    {%- if not features -%}
        {%- do exceptions.raise_compiler_error(
            procedure ~ ': version ' ~ model_version ~ ' of ' ~ model_name ~ ' has no feature schema: append its features to ops.model_features'
        ) -%}
    {%- endif -%}
    {%- set groups = millwright.feature_groups(features | map(attribute='feature_group') | unique | list) -%}
    {%- set names = {} -%}
    {%- set kinds = {} -%}
    {%- for group in groups -%}
        {%- do names.update({group.name: features | selectattr('feature_group', 'equalto', group.name) | map(attribute='feature') | list}) -%}
        {%- for kind in millwright.feature_kinds(group, names[group.name]) -%}
            {%- do kinds.update({kind.name: kind}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do millwright.features_of_groups(groups, names) -%}
    {%- set columns = [] -%}
    {%- for feature in features | map(attribute='feature') -%}
        {%- do columns.append(kinds[feature]) -%}
    {%- endfor -%}
    insert into {{ millwright.landing_table('feature_vectors') }} (
        model_name, model_version, entity_id, feature_vector, features_known_at, computed_at, expires_at, recorded_at, run_id
    )
    with

    moments as (

        select
            entity_id,
            {{ at }} as moment
        from ({{ entities }}) as entities
        where entity_id is not null

    ),
    {%- for group in groups %}

    {{ group.name }} as (

        {{ millwright.as_of_join(
            'moments', group.relation, group.entity_key, names[group.name], group.time_to_live_days, group.has_late_rows
        ) }}

    ),
    {%- endfor %}

    joined as (

        select
            moments.entity_id,
            {%- for feature in features %}
            {{ feature['feature_group'] }}.{{ feature['feature'] }},
            {%- endfor %}
            greatest({{ groups | map(attribute='name') | join('.known_at, ') }}.known_at) as features_known_at
        from moments
        {%- for group in groups %}
        left join {{ group.name }}
            on moments.entity_id = {{ group.name }}.entity_id
        {%- endfor %}

    )

    select
        {{ millwright.literal(model_name) }} as model_name,
        {{ millwright.literal(model_version) }} as model_version,
        joined.entity_id,
        {{ millwright.feature_vector(columns, 'joined') }} as feature_vector,
        joined.features_known_at,
        {{ at }} as computed_at,
        {{ at }} + interval '{{ var("feature_vector_minutes") }}' minute as expires_at,
        {{ millwright.wall_clock() }} as recorded_at,
        {{ millwright.literal(millwright.run_id()) }} as run_id
    from joined
    where joined.features_known_at is not null
{%- endmacro -%}
