{#- A blocking rule as a condition between two rows: `surname:1|postcode` is one initial and one postal code, whatever the case. -#}

{%- macro blocking_condition(columns, left_alias, right_alias) -%}
    {%- for part in columns.split('|') %}
        {%- set column, length = part.partition(':')[0], part.partition(':')[2] %}
        {%- if not modules.re.match('^[a-z_]\\w*(:[1-9][0-9]*)?$', part) %}
            {%- do exceptions.raise_compiler_error(
                'blocking_condition: "' ~ part ~ '" in "' ~ columns ~ '" is no column name; write e.g. postcode, or surname:1 for its first letter'
            ) %}
        {%- endif %}
        {%- set sides = [] %}
        {%- for alias in [left_alias, right_alias] %}
            {%- set value = 'lower(cast(' ~ alias ~ '.' ~ column ~ ' as ' ~ dbt.type_string() ~ '))' %}
            {%- do sides.append('substr(' ~ value ~ ', 1, ' ~ length ~ ')' if length else value) %}
        {%- endfor %}
        {{- ' and ' if not loop.first }}{{ sides | join(' = ') }}
    {%- endfor %}
{%- endmacro -%}
