{#- How changes of a source table are detected, as its YAML says in `config.meta.change_detection`: a dict with `method`, `columns` (as declared,
    each with name and data_type), `look_back`, which is none where the YAML does not say it, and whether the table `has_loaded_at`. -#}

{%- macro change_detection(source_name, table_name) -%}
    {%- set source = (graph.sources.values() | selectattr('source_name', 'equalto', source_name) | selectattr('name', 'equalto', table_name)
        | selectattr('package_name', 'equalto', model.package_name) | list)[0] -%}
    {%- set here = 'Source table ' ~ source.source_name ~ '.' ~ source.name ~ ' in ' ~ source.original_file_path ~ ': ' -%}
    {%- set said = source.config.meta.get('change_detection') -%}
    {%- if said is not mapping -%}
        {%- do exceptions.raise_compiler_error(
            here ~ 'config.meta.change_detection is missing; say there how changes are detected, e.g. {method: timestamp, column: loaded_at}'
        ) -%}
    {%- endif -%}
    {%- set fitting_types = {
        'timestamp': ['timestamp', 'text'],
        'sequence': ['bigint', 'integer', 'smallint', 'numeric', 'decimal', 'text'],
        'checksum': none,
    } -%}
    {%- set method = said.get('method') -%}
    {%- if method not in fitting_types -%}
        {%- do exceptions.raise_compiler_error(
            here ~ 'change_detection has the method "' ~ method ~ '"; say one of ' ~ fitting_types | join(', ')
        ) -%}
    {%- endif -%}
    {%- set known = ['method', 'columns'] if method == 'checksum' else ['method', 'column', 'look_back'] -%}
    {%- for key in said if key not in known -%}
        {%- do exceptions.raise_compiler_error(
            here ~ 'change_detection by ' ~ method ~ ' has no setting "' ~ key ~ '"; remove it, or say one of ' ~ known | join(', ')
        ) -%}
    {%- endfor -%}
    {%- set names = said.get('columns', source.columns.keys() | list) if method == 'checksum' else [said.get('column')] -%}
    {%- if names is string or names is not sequence or not names or not names[0] -%}
        {%- do exceptions.raise_compiler_error(
            here ~ 'change_detection by ' ~ method ~ ' needs '
            ~ ('a list of columns that it covers, or no `columns` for all' if method == 'checksum' else 'a `column` whose values grow')
            ~ '; the table has ' ~ source.columns | join(', ')
        ) -%}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for name in names -%}
        {%- if name not in source.columns -%}
            {%- do exceptions.raise_compiler_error(
                here ~ 'change_detection names the column "' ~ name ~ '", which is not declared; declare it with its data_type, or name one of '
                ~ source.columns | join(', ')
            ) -%}
        {%- endif -%}
        {%- set data_type = (source.columns[name].data_type or '') | lower -%}
        {%- if method in ['timestamp', 'sequence'] and data_type.split('(')[0] not in fitting_types[method] -%}
            {%- do exceptions.raise_compiler_error(
                here ~ 'change_detection by ' ~ method ~ ' cannot follow the column "' ~ name ~ '" of type "' ~ data_type ~ '"; name one of type '
                ~ fitting_types[method] | join(', ')
            ) -%}
        {%- endif -%}
        {%- do columns.append({'name': name, 'data_type': data_type}) -%}
    {%- endfor -%}
    {%- set look_back = said.get('look_back') -%}
    {%- if look_back is not none and (look_back is not integer or look_back < 0) -%}
        {%- do exceptions.raise_compiler_error(
            here ~ 'change_detection has the look_back "' ~ look_back ~ '"; say a whole number of '
            ~ ('days' if method == 'timestamp' else 'the sequence') ~ ', 0 or more'
        ) -%}
    {%- endif -%}
    {{ return({
        'method': method,
        'columns': columns,
        'look_back': look_back,
        'has_loaded_at': 'loaded_at' in source.columns,
    }) }}
{%- endmacro -%}
