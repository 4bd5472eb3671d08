{#- For a union: by source the select expressions that give it the same columns, of the same types, in the same order as all others. The
    arguments are those of `union_relations`, checked here. -#}

{%- macro align_columns(relations, columns, mappings, include, column_types) -%}
    {%- for source in mappings if source not in relations -%}
        {%- do exceptions.raise_compiler_error('mappings name the source "' ~ source ~ '"; known are ' ~ relations.keys() | join(', ')) -%}
    {%- endfor -%}
    {%- if columns and (include or column_types) -%}
        {%- do exceptions.raise_compiler_error('include and column_types are for columns that are read; `columns` says both') -%}
    {%- endif -%}

    {#- From column to its type, to the source that has it first, and by source to its expression. -#}
    {%- set types, owners, expressions = dict(columns), {}, {} -%}
    {%- for source, relation in relations.items() -%}
        {%- set mapping = mappings.get(source, {}) -%}
        {%- do expressions.update({source: {}}) -%}
        {%- if columns -%}
            {%- for name in columns if mapping.get(name, name) is not none -%}
                {%- do expressions[source].update({name: mapping.get(name, name)}) -%}
            {%- endfor -%}
        {%- else -%}
            {%- set held = millwright.columns_of(relation) -%}
            {%- for name, of_source in mapping.items() if of_source is not none and of_source not in held -%}
                {%- do exceptions.raise_compiler_error(relation ~ ' has no column ' ~ of_source ~ ', which mappings name for ' ~ name) -%}
            {%- endfor -%}
            {%- for of_source, column in held.items() -%}
                {%- set names = [] -%}
                {%- for name, mapped in mapping.items() if mapped == of_source -%}
                    {%- do names.append(name) -%}
                {%- endfor -%}
                {%- for name in names or [of_source] if (names or name not in mapping) and (not include or name in include) -%}
                    {%- if name not in column_types and types.get(name, column.data_type) != column.data_type -%}
                        {%- do exceptions.raise_compiler_error(
                            'The column ' ~ name ~ ' is ' ~ types[name] ~ ' in ' ~ relations[owners[name]] ~ ' and ' ~ column.data_type
                            ~ ' in ' ~ relation ~ '; say in column_types which it shall be'
                        ) -%}
                    {%- endif -%}
                    {%- do types.update({name: column_types.get(name, column.data_type)}) -%}
                    {%- do owners.setdefault(name, source) -%}
                    {%- do expressions[source].update({name: column.quoted}) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set asked_for = include + column_types.keys() | list -%}
    {%- for mapping in mappings.values() -%}
        {%- do asked_for.extend(mapping.keys()) -%}
    {%- endfor -%}
    {%- for name in asked_for if name not in types -%}
        {%- do exceptions.raise_compiler_error('No source has the column ' ~ name ~ '; there are ' ~ types.keys() | join(', ')) -%}
    {%- endfor -%}

    {%- set aligned = {} -%}
    {%- for source in relations -%}
        {%- do aligned.update({source: []}) -%}
        {%- for name in include or types -%}
            {%- set expression = expressions[source].get(name) -%}
            {%- if expression is not none and (columns or name in column_types) or expression is none -%}
                {%- set expression = 'cast(' ~ (expression or 'null') ~ ' as ' ~ millwright.sql_type(types[name]) ~ ')' -%}
            {%- endif -%}
            {%- do aligned[source].append(expression if expression == name else expression ~ ' as ' ~ name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(aligned) }}
{%- endmacro -%}
