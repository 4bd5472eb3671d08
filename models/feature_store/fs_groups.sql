{%- set groups = millwright.feature_groups(var('feature_groups')) -%}
{{ millwright.depends_on_feature_groups() }}

with

declared as (
    {%- for group in groups %}

    select
        {{ millwright.literal(group.name) }} as feature_group,
        {{ millwright.literal(group.entity) }} as entity,
        {{ millwright.literal(group.entity_key) }} as entity_key,
        {{ millwright.literal(group.relation.schema ~ '.' ~ group.relation.identifier) }} as relation,
        {{ millwright.literal(group.owner) }} as owned_by,
        {{ millwright.literal(group.description | trim) }} as description,
        {{ millwright.literal(group.time_to_live_days, 'integer') }} as time_to_live_days,
        {{ millwright.literal(group.has_late_rows, 'boolean') }} as has_late_rows,
        {{ group.features | length }} as n_features
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

versions as (

    select
        feature_group,
        max(feature_version) as feature_version
    from {{ ref('stg_ops__feature_versions') }}
    group by feature_group

),

batches as (

    select * from {{ ref('fs_batches') }}
    where
        is_current_build
        and status = 'completed'

),

built as (

    select
        feature_group,
        cast(sum(n_rows) as bigint) as n_rows,
        cast(count(*) as bigint) as n_batches,
        min(first_snapshot_at) as first_snapshot_at,
        max(last_snapshot_at) as last_snapshot_at,
        max(as_of) as last_built_as_of
    from batches
    group by feature_group

),

final as (

    select
        declared.feature_group,
        declared.entity,
        declared.entity_key,
        declared.relation,
        declared.owned_by,
        declared.description,
        declared.time_to_live_days,
        declared.has_late_rows,
        declared.n_features,
        versions.feature_version,
        built.n_rows,
        built.n_batches,
        built.first_snapshot_at,
        built.last_snapshot_at,
        built.last_built_as_of,
        {{ millwright.as_of() }} as counted_at
    from declared
    left join versions
        on declared.feature_group = versions.feature_group
    left join built
        on declared.feature_group = built.feature_group

)

select * from final
