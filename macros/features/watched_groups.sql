{#- The feature groups that versions of ML models say they need, with the features of each that can be counted, as a list of dicts with `name` and
    `features`, dicts with `name` and `kind`: numbers, texts and booleans. What a program names and no group has is left out. Empty while the
    project is being parsed. -#}

{%- macro watched_groups(schemas) -%}
    {%- set watched = [] -%}
    {%- if execute and load_relation(schemas) -%}
        {%- set needed = {} -%}
        {%- for row in run_query('select distinct feature_group, feature from ' ~ schemas).rows -%}
            {%- do needed.setdefault(row[0], []).append(row[1]) -%}
        {%- endfor -%}
        {%- for group in millwright.feature_groups(var('feature_groups')) if group.name in needed -%}
            {%- set features = [] -%}
            {%- for column in millwright.column_kinds(group.relation) -%}
                {%- if column.name in needed[group.name] and column.name in group.features and column.kind in ('number', 'text', 'boolean') -%}
                    {%- do features.append({'name': column.name, 'kind': column.kind}) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if features -%}
                {%- do watched.append({'name': group.name, 'features': features}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(watched) }}
{%- endmacro -%}
