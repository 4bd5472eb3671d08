{#- Feature groups of which nothing is known but their features, in the form of `feature_group`: in a unit test dbt shows no graph to look them up in.
    They have the spine's entity key, no time to live, and rows that may be late. -#}

{%- macro undeclared_groups(features, entity_key) -%}
    {%- set groups = [] -%}
    {%- for name, names in features.items() -%}
        {%- do groups.append({
            'name': name, 'entity_key': entity_key, 'features': names, 'time_to_live_days': none, 'has_late_rows': true
        }) -%}
    {%- endfor -%}
    {{ return(groups) }}
{%- endmacro -%}
