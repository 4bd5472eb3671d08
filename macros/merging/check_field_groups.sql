{#- Raises a compiler error that begins with `macro_name` where records cannot be merged as asked: something is no list or is empty, or two columns
    of the result would have one name. -#}

{%- macro check_field_groups(macro_name, key, field_groups, record_key, recency) -%}
    {%- set columns = {'key': key, 'record_key': record_key, 'recency': recency} -%}
    {%- for group, fields in field_groups.items() -%}
        {%- do columns.update({'field group ' ~ group: fields}) -%}
    {%- endfor -%}
    {%- for name, listed in columns.items() if listed is string or not listed -%}
        {%- do exceptions.raise_compiler_error(macro_name ~ ': ' ~ name ~ ' is a list with at least one column; given is ' ~ listed) -%}
    {%- endfor -%}
    {%- set outputs = key + field_groups.values() | sum(start=[]) -%}
    {%- for group in field_groups -%}
        {%- for column in record_key -%}
            {%- do outputs.append(group ~ '_' ~ column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in outputs if outputs.count(column) > 1 -%}
        {%- do exceptions.raise_compiler_error(macro_name ~ ': two columns of the result would be called ' ~ column) -%}
    {%- endfor -%}
{%- endmacro -%}
