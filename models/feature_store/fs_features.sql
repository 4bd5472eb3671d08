{%- set groups = millwright.feature_groups(var('feature_groups')) -%}
{{ millwright.depends_on_feature_groups() }}

with

declared as (
    {%- for group in groups %}
    {%- set loop_of_groups = loop %}
    {%- set kinds = {} %}
    {%- for column in millwright.column_kinds(group.relation) %}
    {%- do kinds.update({column.name: column.kind}) %}
    {%- endfor %}
    {%- for feature in group.features %}

    select
        {{ millwright.literal(group.name) }} as feature_group,
        {{ millwright.literal(feature) }} as feature,
        {{ loop.index }} as feature_order,
        {{ millwright.literal(kinds.get(feature)) }} as kind,
        {{ millwright.literal(group.node.columns[feature].description) }} as description,
        {{ millwright.literal(group.entity) }} as entity,
        {{ millwright.literal(group.owner) }} as owned_by,
        {{ millwright.literal(millwright.names_of_nodes(group.node.depends_on.nodes) | join('|')) }} as depends_on
    {%- if not (loop.last and loop_of_groups.last) %}

    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

),

versions as (

    select
        feature_group,
        feature_version,
        '|' || features || '|' as features
    from {{ ref('stg_ops__feature_versions') }}

),

since as (

    select
        declared.feature_group,
        declared.feature,
        min(versions.feature_version) as first_version,
        max(versions.feature_version) as last_version
    from declared
    inner join versions
        on
            declared.feature_group = versions.feature_group
            and position('|' || declared.feature || '|' in versions.features) > 0
    group by
        declared.feature_group,
        declared.feature

),

final as (

    select
        declared.feature_group,
        declared.feature,
        declared.feature_order,
        declared.kind,
        declared.description,
        declared.entity,
        declared.owned_by,
        declared.depends_on,
        since.first_version,
        since.last_version
    from declared
    left join since
        on
            declared.feature_group = since.feature_group
            and declared.feature = since.feature

)

select * from final
