{#- The named columns of some relations, as a dict from the name to `kind`, `is_whole` and a `data_type` that holds the values of all of them: where
    types differ, `bigint` for whole numbers, `float8` for other numbers, `text` for text. Call it while `execute` is true. -#}

{%- macro common_columns(macro_name, relations, names) -%}
    {%- set whole = ['tinyint', 'smallint', 'integer', 'bigint'] -%}
    {%- set common = {} -%}
    {%- for source, relation in relations.items() -%}
        {%- set held = millwright.columns_of(relation) -%}
        {%- for name in names if name not in held -%}
            {%- do exceptions.raise_compiler_error(
                macro_name ~ ': ' ~ source ~ ' (' ~ relation ~ ') has no column ' ~ name ~ '; it has ' ~ held.keys() | join(', ')
            ) -%}
        {%- endfor -%}
        {%- for column in millwright.column_kinds(relation) if column.name | lower in names -%}
            {%- set name = column.name | lower -%}
            {%- set data_type = held[name].data_type -%}
            {%- set of_all = common.setdefault(name, {'kind': column.kind, 'data_type': data_type, 'source': source}) -%}
            {%- if data_type != of_all.data_type -%}
                {%- if column.kind != of_all.kind or column.kind not in ['number', 'text'] -%}
                    {%- do exceptions.raise_compiler_error(
                        macro_name ~ ': the column ' ~ name ~ ' is ' ~ of_all.data_type ~ ' in ' ~ of_all.source ~ ' and ' ~ data_type
                        ~ ' in ' ~ source ~ '; cast one of them first'
                    ) -%}
                {%- endif -%}
                {%- set number = 'bigint' if data_type in whole and of_all.data_type in whole else 'float8' -%}
                {%- do of_all.update({'data_type': 'text' if column.kind == 'text' else number}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in common.values() -%}
        {%- do column.update({'is_whole': column.data_type in whole}) -%}
    {%- endfor -%}
    {{ return(common) }}
{%- endmacro -%}
