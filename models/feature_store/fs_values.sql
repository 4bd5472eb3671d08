with

versions as (

    select
        feature_group,
        max(feature_version) as feature_version
    from {{ ref('stg_ops__feature_versions') }}
    group by feature_group

),
{%- for name in var('feature_groups') %}
{%- set relation = ref('feat_' ~ name) %}
{%- for group in millwright.feature_groups([name]) %}

{{ name }} as (

    {{ millwright.feature_values_of(
        group, relation, "(select feature_version from versions where feature_group = '" ~ name ~ "')"
    ) }}

),
{%- endfor %}
{%- endfor %}

landed as (

    select
        feature_group,
        feature_version,
        entity_id,
        feature_values,
        event_at,
        known_at
    from {{ ref('stg_ops__feature_values') }}

),

final as (
    {%- for name in var('feature_groups') %}

    select * from {{ name }}

    union all
    {%- endfor %}

    select * from landed

)

select * from final
