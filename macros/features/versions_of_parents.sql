{#- The versions of the feature groups that a feature group is derived from, as text: part of its own logic. Nothing for a group made from facts. -#}

{%- macro versions_of_parents(group) -%}
    {%- set parents = [] -%}
    {%- for parent in millwright.feature_groups() if parent.node.unique_id in group.node.depends_on.nodes -%}
        {%- do parents.append(millwright.literal(parent.name)) -%}
    {%- endfor -%}
    {%- set versions = [] -%}
    {%- if parents -%}
        {%- for held in run_query(
            'select feature_group, max(feature_version) from ' ~ millwright.landing_table('feature_versions')
            ~ ' where feature_group in (' ~ parents | join(', ') ~ ') group by feature_group order by feature_group'
        ).rows -%}
            {%- do versions.append(' from ' ~ held[0] ~ ' version ' ~ held[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(versions | join('')) }}
{%- endmacro -%}
