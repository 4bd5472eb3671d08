{%- set rows = [] -%}
{%- for group in millwright.feature_groups(var('feature_groups')) -%}
    {%- for step in millwright.feature_steps([group]) -%}
        {%- do rows.append((group.name, step.node.name)) -%}
    {%- endfor -%}
{%- endfor -%}
{{ millwright.depends_on_feature_groups() }}

with

final as (
    {%- for group, relation in rows %}

    select
        {{ millwright.literal(group) }} as feature_group,
        {{ millwright.literal(relation) }} as relation_name
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        {{ millwright.literal(none) }} as feature_group,
        {{ millwright.literal(none) }} as relation_name
    where 1 = 0
    {%- endfor %}

)

select * from final
