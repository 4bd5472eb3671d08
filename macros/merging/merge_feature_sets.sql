{#- The columns of several feature sets side by side, a row for every key that any of them has. A set with two rows for a key would multiply the
    rows of the others: the query fails instead and names the key. NULL is no key: rows without one stay as they are, each for itself. -#}

{%- macro merge_feature_sets(feature_sets, keys, columns={}, assume_unique=false) -%}
    {%- if feature_sets is not mapping or not feature_sets or keys is string or not keys -%}
        {%- do exceptions.raise_compiler_error(
            'merge_feature_sets: feature_sets maps at least one alias to its relation, keys is a list of columns'
        ) -%}
    {%- endif -%}
    {%- if not execute and feature_sets.keys() | reject('in', columns) | list -%}
        {{ return('') }}
    {%- endif -%}
    {%- set owners = {} -%}
    {%- for name, relation in feature_sets.items() -%}
        {%- set held = columns[name] if name in columns else millwright.columns_of(relation) | reject('in', keys) -%}
        {%- for column in held -%}
            {%- if column in owners or column in keys -%}
                {%- do exceptions.raise_compiler_error(
                    'merge_feature_sets: the column ' ~ column ~ ' of ' ~ name ~ ' is also '
                    ~ ('in ' ~ owners[column] if column in owners else 'a key') ~ '; rename one of them'
                ) -%}
            {%- endif -%}
            {%- do owners.update({column: name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    select
        {%- for key in keys %}
        {% if feature_sets | length > 1 %}coalesce({{ feature_sets.keys() | join('.' ~ key ~ ', ') }}.{{ key }}) as {% endif %}{{ key }},
        {%- endfor %}
        {%- for column, name in owners.items() %}
        {{ name }}.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- set before = [] %}
    {%- for name, relation in feature_sets.items() %}
    {{ 'full outer join' if before else 'from' }} {{ relation }}{{ ' as ' ~ name if relation | string != name }}
        {%- if before %}
        on
            {%- for key in keys %}
            {%- set merged = before | join('.' ~ key ~ ', ') ~ '.' ~ key %}
            {{ 'and ' if not loop.first }}{{ 'coalesce(' ~ merged ~ ')' if before | length > 1 else merged }} = {{ name }}.{{ key }}
            {%- endfor %}
        {%- endif %}
        {%- do before.append(name) %}
    {%- endfor %}
    {%- if not assume_unique %}
    where
        {%- for name, relation in feature_sets.items() %}
        {{ 'and ' if not loop.first }}(
            select
                {{ millwright.require(
                    'min(repeated_key) is null',
                    "'" ~ name ~ " has several rows for the key ' || min(repeated_key)"
                ) | indent(12) }}
            from (
                select concat_ws(', ', {{ keys | join(', ') }}) as repeated_key
                from {{ relation }}
                where
                    {{ keys | join(' is not null\n                    and ') }} is not null
                group by {{ keys | join(', ') }}
                having count(*) > 1
            ) as repeated
        )
        {%- endfor %}
    {%- endif %}
{%- endmacro -%}
