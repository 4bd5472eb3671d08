{#- Raises a compiler error for arguments that no metric can be computed from. It names `macro_name`, the macro that they were given to. `columns`
    maps its arguments to a column or expression, or a list of them; none stands for one that was not given. -#}

{%- macro check_metrics(macro_name, relation, columns, group_by=[]) -%}
    {%- if group_by is not string and group_by is not mapping and group_by is not sequence
        or group_by is not string and group_by | select('string') | list | length < group_by | length -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': group_by is "' ~ group_by ~ '"; it must be a column, a list of columns, or a mapping from names to expressions'
        ) -%}
    {%- endif -%}
    {%- set groups = millwright.metric_groups(group_by) -%}
    {%- for name in groups if not modules.re.match('^([A-Za-z_]\\w*|"[^"]+")$', name) -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': group_by has "' ~ name ~ '", which is no name of a column; map a name to it: {"name": "expression"}'
        ) -%}
    {%- endfor -%}
    {%- for name in groups if name | lower in millwright.names_of_metrics() -%}
        {%- do exceptions.raise_compiler_error(
            macro_name ~ ': group_by has ' ~ name ~ ', a name that metrics need themselves; map another one to it: {"name": "' ~ groups[name] ~ '"}'
        ) -%}
    {%- endfor -%}
    {%- set given = [] -%}
    {%- for argument, expressions in dict(columns, group_by=groups.values() | list).items() if expressions is not none -%}
        {%- set listed = [expressions] if expressions is string or expressions is not sequence else expressions -%}
        {%- for expression in listed or ([] if argument == 'group_by' else ['']) -%}
            {%- if expression is not string or not expression | trim -%}
                {%- do exceptions.raise_compiler_error(
                    macro_name ~ ': ' ~ argument ~ ' is "' ~ expression ~ '"; it must be a column or an SQL expression'
                ) -%}
            {%- endif -%}
            {%- do given.append((argument, expression)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- What a CTE or a query has cannot be told here, nor what an expression reads. -#}
    {%- if execute and relation is not string and not relation.is_cte and load_relation(relation) -%}
        {%- set known = millwright.columns_of(relation).keys() | list -%}
        {%- for argument, expression in given
            if modules.re.match('^[A-Za-z_]\\w*$', expression) and expression | lower not in known + ['true', 'false'] -%}
            {%- do exceptions.raise_compiler_error(
                macro_name ~ ': ' ~ argument ~ ' names "' ~ expression ~ '", which is no column of ' ~ relation ~ '; it has ' ~ known | join(', ')
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
