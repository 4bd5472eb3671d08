{#- Raises a compiler error unless `features` names columns of the relation; those of a CTE, and of what is not built yet, cannot be checked here. -#}

{%- macro check_features(macro_name, relation, features) -%}
    {%- if features is string or features is not iterable or not features | list -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': features is "' ~ features ~ '"; it must be a list of at least one column'
        ) -%}
    {%- endif -%}
    {%- if execute and relation is not string and not relation.is_cte and load_relation(relation) -%}
        {%- set held = millwright.columns_of(relation) -%}
        {%- for feature in features if feature not in held -%}
            {%- do exceptions.raise_compiler_error(
                macro_name ~ ': features names "' ~ feature ~ '", which is no column of ' ~ relation ~ '; it has ' ~ held | join(', ')
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
