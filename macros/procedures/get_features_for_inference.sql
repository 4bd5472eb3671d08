{#- Procedure: the features of some entities as they were known at a moment.

    dbt run-operation get_features_for_inference --args '{entity_ids: [shop-00001, shop-00002], feature_groups: [customer__rfm], moment: 1998-03-15}'

    Prints, and returns to a caller, a row per entity and group: entity_id, feature_group, status (`found`, `missing`, or `no id` for a NULL),
    feature_values (JSON), event_at, known_at. -#}

{%- macro get_features_for_inference(entity_ids, feature_groups, moment=none) -%}
    {%- set procedure = 'get_features_for_inference' -%}
    {%- set at = millwright.checked_moment(procedure, moment) -%}
    {%- set ids = millwright.checked_entity_ids(procedure, entity_ids) -%}
    {%- set names = ([feature_groups] if feature_groups is string else feature_groups) | unique | list -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(procedure ~ ': feature_groups is empty; name at least one group') -%}
    {%- endif -%}
    {%- set query -%}
        with

        entities as (

            {{ millwright.entities_of_list(ids) }}

        ),

        moments as (

            select
                entity_id,
                {{ at }} as moment
            from entities
            where entity_id is not null

        )
        {%- for group in millwright.feature_groups(names) %},

        {{ group.name }} as (

            {{ millwright.as_of_join(
                'moments', group.relation, group.entity_key, group.features, group.time_to_live_days, group.has_late_rows
            ) }}

        )
        {%- endfor %}

        {% for group in millwright.feature_groups(names) -%}
        select
            entities.entity_id,
            '{{ group.name }}' as feature_group,
            case
                when entities.entity_id is null then 'no id'
                when {{ group.name }}.entity_id is null then 'missing'
                else 'found'
            end as status,
            case when {{ group.name }}.entity_id is not null then
                {{ millwright.feature_vector(millwright.feature_kinds(group), group.name) }}
            end as feature_values,
            {{ group.name }}.event_at,
            {{ group.name }}.known_at
        from entities
        left join {{ group.name }}
            on entities.entity_id = {{ group.name }}.entity_id
        {% if not loop.last -%}
        union all
        {% endif -%}
        {% endfor -%}
        order by entity_id, feature_group
    {%- endset -%}
    {{ return(millwright.printed(run_query(query))) }}
{%- endmacro -%}
