{#- The features to take of each group, as a dict of lists: those in `chosen` (a dict by group), else all. Raises a compiler error for a feature that
    the group does not have and for one name in two groups. -#}

{%- macro features_of_groups(groups, chosen) -%}
    {%- set features = {} -%}
    {%- set owners = {} -%}
    {%- for group in groups -%}
        {%- do features.update({group.name: chosen.get(group.name, group.features)}) -%}
        {%- for feature in features[group.name] -%}
            {%- if feature not in group.features -%}
                {%- do exceptions.raise_compiler_error(
                    'The feature group ' ~ group.name ~ ' has no feature "' ~ feature ~ '"; it has ' ~ group.features | join(', ')
                ) -%}
            {%- endif -%}
            {%- if feature in owners -%}
                {%- do exceptions.raise_compiler_error(
                    'The feature ' ~ feature ~ ' is in ' ~ owners[feature] ~ ' and in ' ~ group.name ~ '; choose one of them'
                ) -%}
            {%- endif -%}
            {%- do owners.update({feature: group.name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(features) }}
{%- endmacro -%}
