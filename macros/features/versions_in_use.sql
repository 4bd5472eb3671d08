{#- The versions of feature groups that their tables hold at the moment, as an SQL literal: `customer__rfm 1, customer__windows 2`. Empty while the
    project is being parsed and before a group was built for the first time. -#}

{%- macro versions_in_use(feature_groups) -%}
    {%- set names = [] -%}
    {%- for name in feature_groups -%}
        {%- do names.append(millwright.literal(name)) -%}
    {%- endfor -%}
    {%- set versions = [] -%}
    {#- Unit tests have no graph. -#}
    {%- if execute and graph.get('nodes') and load_relation(millwright.landing_table('feature_versions')) -%}
        {%- for held in run_query(
            'select feature_group, max(feature_version) from ' ~ millwright.landing_table('feature_versions')
            ~ ' where feature_group in (' ~ names | join(', ') ~ ') group by feature_group order by feature_group'
        ).rows -%}
            {%- do versions.append(held[0] ~ ' ' ~ held[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(millwright.literal(versions | join(', '))) }}
{%- endmacro -%}
